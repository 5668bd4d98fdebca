-- SELECT of a run: freeze the list of payers of the cycle, each with the reason if it is not
-- selected (BR-3), and deal the selected ones to chunks in the order of their ids.
-- An eighth of the payers makes a chunk, within bounds: every worker gets several of them.
-- Grain: one row per payer of the cycle. Repeating: a payer already listed is left alone.
-- Binds: run_id, cycle, bill_date, smallest, largest (payers of a chunk).
WITH candidate AS MATERIALIZED (
    SELECT c.id, c.currency, c.reason,
           CASE WHEN c.reason = ''
                THEN row_number() OVER (PARTITION BY c.reason = '' ORDER BY c.id) END AS place
    FROM invoicing_candidates(%(cycle)s, %(bill_date)s) c
), deal AS (
    SELECT max(place) AS selected,
           least(%(largest)s, greatest(%(smallest)s, (max(place) + 7) / 8)) AS size
    FROM candidate
), chunk AS (
    INSERT INTO invoicing_billrunchunk (run_id, seq, stage, payers, attempts, error)
    SELECT %(run_id)s, s.seq, 'DRAFT', least(d.size, d.selected - (s.seq - 1) * d.size), 0, ''
    FROM deal d CROSS JOIN generate_series(1, (d.selected + d.size - 1) / d.size) AS s(seq)
    RETURNING id, seq
)
INSERT INTO invoicing_billrunaccount
    (run_id, chunk_id, payer_id, state, is_open, reason, currency, amount, documents)
SELECT %(run_id)s, k.id, c.id,
       CASE WHEN c.reason = '' THEN 'QUEUED' ELSE 'NOT_SELECTED' END,
       c.reason = '', c.reason, c.currency, 0, 0
FROM candidate c
CROSS JOIN deal d
LEFT JOIN chunk k ON k.seq = (c.place - 1) / d.size + 1
ON CONFLICT DO NOTHING
