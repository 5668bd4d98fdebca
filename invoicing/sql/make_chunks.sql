-- Cut the selected payers of a run into chunks. Grain: one row per chunk.
-- Repeating: chunks that exist are left alone. Binds: run_id, cycle, bill_date, chunk_size.
INSERT INTO invoicing_billrunchunk (run_id, seq, stage, payers, attempts, error)
SELECT %(run_id)s, s.seq, 'DRAFT',
       least(%(chunk_size)s, n.selected - (s.seq - 1) * %(chunk_size)s), 0, ''
FROM (SELECT count(*) AS selected
      FROM invoicing_candidates(%(cycle)s, %(bill_date)s) c WHERE c.reason = '') n
CROSS JOIN generate_series(1, (n.selected + %(chunk_size)s - 1) / %(chunk_size)s) AS s(seq)
ON CONFLICT (run_id, seq) DO NOTHING
