-- SELECT of an interim run: the payers whose usage has reached its limit, each with the reason if it
-- is not to be billed (BR-3), in one chunk for every two thousand of them.
-- Grain: one row per payer given. Repeating: a payer already listed is left alone.
-- Binds: run_id, cycle, bill_date, payers (array).
WITH candidate AS MATERIALIZED (
    SELECT c.id, c.currency, c.reason,
           CASE WHEN c.reason = ''
                THEN row_number() OVER (PARTITION BY c.reason = '' ORDER BY c.id) END AS place
    FROM invoicing_candidates(%(cycle)s, %(bill_date)s) c
    WHERE c.id = ANY (%(payers)s::bigint[])
), chunk AS (
    INSERT INTO invoicing_billrunchunk (run_id, seq, stage, payers, attempts, error)
    SELECT %(run_id)s, (place - 1) / 2000 + 1, 'DRAFT', count(*), 0, ''
    FROM candidate WHERE place IS NOT NULL GROUP BY 2
    RETURNING id, seq
)
INSERT INTO invoicing_billrunaccount
    (run_id, chunk_id, payer_id, state, is_open, reason, currency, amount, documents)
SELECT %(run_id)s, k.id, c.id,
       CASE WHEN c.reason = '' THEN 'QUEUED' ELSE 'NOT_SELECTED' END,
       c.reason = '', c.reason, c.currency, 0, 0
FROM candidate c
LEFT JOIN chunk k ON k.seq = (c.place - 1) / 2000 + 1
ON CONFLICT DO NOTHING
