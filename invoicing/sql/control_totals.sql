-- Control totals of runs: payers and signed amounts by currency and state (BR-8).
-- Grain: one row per run, currency and state. Binds: run_ids bigint[]. Reads only.
SELECT a.run_id, a.currency, a.state, count(*), sum(a.amount), sum(a.documents)
FROM invoicing_billrunaccount a
WHERE a.run_id = ANY (%(run_ids)s)
GROUP BY a.run_id, a.currency, a.state
ORDER BY a.run_id, a.currency, a.state
