-- Control totals of a run: payers and signed amounts by currency and state (BR-8).
-- Grain: one row per currency and state. Binds: run_id. Reads only.
SELECT a.currency, a.state, count(*), sum(a.amount), sum(a.documents)
FROM invoicing_billrunaccount a
WHERE a.run_id = %(run_id)s
GROUP BY a.currency, a.state
ORDER BY a.currency, a.state
