-- Split a chunk that fails as a whole into two, so that the account at fault is found (F04).
-- Grain: two new chunks; the old one stays as SPLIT. Repeating: a chunk without payers makes none.
-- Binds: chunk_id, stage, error. States whose payers are still to be worked on: QUEUED, DRAFTED.
WITH old AS (
    UPDATE invoicing_billrunchunk SET stage = 'SPLIT', error = %(error)s
    WHERE id = %(chunk_id)s RETURNING run_id
), dealt AS (
    SELECT a.id, ntile(2) OVER (ORDER BY a.payer_id) AS half
    FROM invoicing_billrunaccount a
    WHERE a.chunk_id = %(chunk_id)s AND a.is_open
), made AS (
    INSERT INTO invoicing_billrunchunk (run_id, seq, stage, payers, attempts, error)
    SELECT o.run_id,
           (SELECT max(seq) FROM invoicing_billrunchunk WHERE run_id = o.run_id) + d.half,
           %(stage)s, d.payers, 0, ''
    FROM old o
    CROSS JOIN (SELECT half, count(*) AS payers FROM dealt GROUP BY half) d
    RETURNING id, seq
), ranked AS (
    SELECT id, row_number() OVER (ORDER BY seq) AS half FROM made
)
UPDATE invoicing_billrunaccount a SET chunk_id = r.id
FROM dealt d JOIN ranked r ON r.half = d.half
WHERE a.id = d.id
