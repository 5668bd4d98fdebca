-- SELECT of a run: freeze the list of payers of the cycle, each with the reason if it is not
-- selected (BR-3), and deal the selected ones to chunks in the order of their ids.
-- Grain: one row per payer of the cycle. Repeating: a payer already listed is left alone.
-- Binds: run_id, cycle, bill_date, chunk_size. Chunks are made beforehand (make_chunks).
INSERT INTO invoicing_billrunaccount
    (run_id, chunk_id, payer_id, state, is_open, reason, currency, amount, documents, stamp)
SELECT %(run_id)s, k.id, p.id,
       CASE WHEN p.reason = '' THEN 'QUEUED' ELSE 'NOT_SELECTED' END,
       p.reason = '', p.reason, p.currency, 0, 0, 0
FROM (
    SELECT c.*, CASE WHEN c.reason = ''
                     THEN (row_number() OVER (PARTITION BY c.reason = '' ORDER BY c.id) - 1)
                          / %(chunk_size)s + 1 END AS seq
    FROM invoicing_candidates(%(cycle)s, %(bill_date)s) c
) p
LEFT JOIN invoicing_billrunchunk k ON k.run_id = %(run_id)s AND k.seq = p.seq
ON CONFLICT DO NOTHING
