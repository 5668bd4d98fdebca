-- Purpose: suspended rows are given up only by a write-off that was approved, and wait again only
-- once it was reversed; what was asked does not change. A cancelled event is no suspended row: its
-- own act (TAKEN_BACK without a write-off) ends it.
-- Grain: row triggers on write-offs and on changes of state or write-off of suspended rows (few rows).
-- Repeating: CREATE OR REPLACE. Binds: none.
CREATE OR REPLACE FUNCTION rating_guard_write_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('RATE-9', 'rating_suspensewriteoff_kept', 'write-offs are never deleted');
    END IF;
    IF NEW.reason <> OLD.reason OR NEW.requested_by_id <> OLD.requested_by_id
        OR NEW.row_count <> OLD.row_count THEN
        PERFORM refuse('RATE-9', 'rating_suspensewriteoff_kept', 'what was asked does not change');
    END IF;
    IF NEW.state <> OLD.state AND NOT (
        OLD.state = 'PENDING' AND NEW.state <> 'REVERSED'
        OR OLD.state = 'DONE' AND NEW.state = 'REVERSED'
    ) THEN
        PERFORM refuse('RATE-9', 'rating_suspensewriteoff_kept', 'this write-off was decided');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_suspensewriteoff_kept
    BEFORE UPDATE OR DELETE ON rating_suspensewriteoff
    FOR EACH ROW EXECUTE FUNCTION rating_guard_write_off();
ALTER TABLE rating_suspensewriteoff ENABLE ALWAYS TRIGGER rating_suspensewriteoff_kept;

CREATE OR REPLACE FUNCTION rating_guard_given_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := (SELECT w.state FROM rating_suspensewriteoff AS w WHERE w.id = OLD.write_off_id);
    is_ text := (SELECT w.state FROM rating_suspensewriteoff AS w WHERE w.id = NEW.write_off_id);
BEGIN
    IF was = 'PENDING' THEN
        PERFORM refuse('RATE-9', TG_NAME, 'the row waits for the approval of its write-off');
    ELSIF NEW.state = 'WRITTEN_OFF' AND is_ <> 'DONE' THEN
        PERFORM refuse('RATE-9', TG_NAME, 'nobody has approved this write-off');
    ELSIF OLD.state = 'WRITTEN_OFF' AND was IS DISTINCT FROM 'REVERSED' THEN
        PERFORM refuse('RATE-9', TG_NAME, 'a row written off waits again only by a reversal');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_suspenseitem_write_off_approved
    BEFORE UPDATE ON rating_suspenseitem
    FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.write_off_id IS DISTINCT FROM NEW.write_off_id)
    EXECUTE FUNCTION rating_guard_given_up();
ALTER TABLE rating_suspenseitem ENABLE ALWAYS TRIGGER rating_suspenseitem_write_off_approved;
-- reverse:
DROP TRIGGER IF EXISTS rating_suspenseitem_write_off_approved ON rating_suspenseitem;
DROP TRIGGER IF EXISTS rating_suspensewriteoff_kept ON rating_suspensewriteoff;
DROP FUNCTION IF EXISTS rating_guard_given_up();
DROP FUNCTION IF EXISTS rating_guard_write_off();
