-- Purpose: a loaded usage file keeps its totals and is never deleted; an ended suspense item stays
-- ended (but for the reversal of a write-off, see write_off_guards), keeps the row it came from and is
-- never deleted; a key once claimed stays claimed.
-- Grain: row triggers on files and suspense (few rows), a statement trigger on keys (many).
-- Repeating: CREATE OR REPLACE. Binds: none.
CREATE OR REPLACE FUNCTION rating_guard_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('I-11', 'rating_usagefile_final', 'usage files are never deleted');
    END IF;
    IF OLD.state IN ('LOADED', 'REJECTED') THEN
        PERFORM refuse('I-11', 'rating_usagefile_final', 'this usage file is final');
    END IF;
    IF NEW.source_id <> OLD.source_id OR NEW.sha256 <> OLD.sha256 THEN
        PERFORM refuse('I-11', 'rating_usagefile_final', 'what was received does not change');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_usagefile_final BEFORE UPDATE OR DELETE ON rating_usagefile
    FOR EACH ROW EXECUTE FUNCTION rating_guard_file();
ALTER TABLE rating_usagefile ENABLE ALWAYS TRIGGER rating_usagefile_final;

CREATE OR REPLACE FUNCTION rating_guard_suspense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('I-11', 'rating_suspenseitem_final', 'suspended usage is never deleted');
    END IF;
    IF OLD.state <> 'OPEN' AND NOT (OLD.state = 'WRITTEN_OFF' AND NEW.state = 'OPEN') THEN
        PERFORM refuse('I-11', 'rating_suspenseitem_final', 'this suspended row has ended');
    END IF;
    IF NEW.file_id <> OLD.file_id OR NEW.row_number <> OLD.row_number
        OR NEW.source_id <> OLD.source_id OR NEW.fields <> OLD.fields
        OR NEW.received_at <> OLD.received_at THEN
        PERFORM refuse(
            'I-11', 'rating_suspenseitem_final', 'a suspended row keeps what was received'
        );
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_suspenseitem_final
    BEFORE UPDATE OR DELETE ON rating_suspenseitem
    FOR EACH ROW EXECUTE FUNCTION rating_guard_suspense();
ALTER TABLE rating_suspenseitem ENABLE ALWAYS TRIGGER rating_suspenseitem_final;

CREATE OR REPLACE FUNCTION rating_guard_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('RATE-3', 'rating_usagekey_kept', 'a usage key once claimed stays claimed');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER rating_usagekey_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON rating_usagekey
    FOR EACH STATEMENT EXECUTE FUNCTION rating_guard_key();
ALTER TABLE rating_usagekey ENABLE ALWAYS TRIGGER rating_usagekey_kept;
-- reverse:
DROP TRIGGER IF EXISTS rating_usagekey_kept ON rating_usagekey;
DROP TRIGGER IF EXISTS rating_suspenseitem_final ON rating_suspenseitem;
DROP TRIGGER IF EXISTS rating_usagefile_final ON rating_usagefile;
DROP FUNCTION IF EXISTS rating_guard_key();
DROP FUNCTION IF EXISTS rating_guard_suspense();
DROP FUNCTION IF EXISTS rating_guard_file();
