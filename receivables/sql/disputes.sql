-- Purpose: dispute marks, and nothing else, say how much of an item is disputed (AR-3).
-- Grain: one INSERT statement into receivables_disputemark, however many rows.
-- Repeating: not applicable; rows are append-only.
-- Locks: the touched open items, in order of id, before they are changed.

CREATE FUNCTION receivables_keep_disputed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken bigint;
BEGIN
    PERFORM 1 FROM receivables_openitem
     WHERE id IN (SELECT item_id FROM added) ORDER BY id FOR UPDATE;

    SELECT m.id INTO broken
      FROM added m
      JOIN receivables_openitem i ON i.id = m.item_id
     WHERE i.side <> 'D' OR m.on_date < i.doc_date
        OR EXISTS (SELECT FROM receivables_disputemark earlier
                    WHERE earlier.item_id = m.item_id AND earlier.id < m.id
                      AND earlier.on_date > m.on_date)
     LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('AR-3', 'receivables_disputemark_fits_its_item',
            'a dispute is of what a payer owes, on or after its day and that of the last mark');
    END IF;

    UPDATE receivables_openitem i
       SET disputed = latest.disputed
      FROM (SELECT DISTINCT ON (item_id) item_id, disputed FROM added
             ORDER BY item_id, on_date DESC, id DESC) AS latest
     WHERE i.id = latest.item_id;
    RETURN NULL;
END $$;

CREATE TRIGGER receivables_disputemark_keeps_disputed
    AFTER INSERT ON receivables_disputemark
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION receivables_keep_disputed();
ALTER TABLE receivables_disputemark
    ENABLE ALWAYS TRIGGER receivables_disputemark_keeps_disputed;

-- reverse:
DROP TRIGGER IF EXISTS receivables_disputemark_keeps_disputed ON receivables_disputemark;
DROP FUNCTION IF EXISTS receivables_keep_disputed();
