-- Claim the next chunk of a stage and count the attempt before the work (F03, F04). A chunk that
-- another worker holds is passed over. Committed by itself, so that a killed worker is counted.
-- Grain: at most one chunk. Binds: run_id, stage.
UPDATE invoicing_billrunchunk SET attempts = attempts + 1
WHERE id = (
    SELECT id FROM invoicing_billrunchunk
    WHERE run_id = %(run_id)s AND stage = %(stage)s
    ORDER BY attempts, seq
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, attempts, payers
