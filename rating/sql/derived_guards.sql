-- Purpose: what is derived from an event stands once for each purpose and is never edited: it is written
--   and taken back only by whoever derives, who holds the lock `usage:derive`. An agreement keeps
--   what it says and only ends.
-- Grain: statement on results (as many as events), row on agreements. Binds: none.
-- Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION rating_guard_derived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('RATE', TG_NAME, 'what is derived from an event is not edited; it is derived anew');
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid::bigint = (hashtextextended('usage:derive', 0) >> 32) & 4294967295
          AND objid::bigint = hashtextextended('usage:derive', 0) & 4294967295
    ) THEN
        PERFORM refuse('RATE', TG_NAME, 'what is derived from events is written by deriving them only');
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER rating_derivedrating_not_edited BEFORE UPDATE ON rating_derivedrating
    FOR EACH STATEMENT EXECUTE FUNCTION rating_guard_derived();
ALTER TABLE rating_derivedrating ENABLE ALWAYS TRIGGER rating_derivedrating_not_edited;
CREATE OR REPLACE TRIGGER rating_derivedrating_is_derived BEFORE INSERT OR DELETE ON rating_derivedrating
    FOR EACH STATEMENT EXECUTE FUNCTION rating_guard_derived();
ALTER TABLE rating_derivedrating ENABLE ALWAYS TRIGGER rating_derivedrating_is_derived;
SELECT refuse_truncate('rating_derivedrating');

CREATE OR REPLACE FUNCTION rating_guard_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'valid' <> to_jsonb(OLD) - 'valid'
       OR lower(NEW.valid) <> lower(OLD.valid) THEN
        PERFORM refuse('RATE', TG_NAME, 'an agreement only ends; agree anew from a day on');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_ratingagreement_only_ends
    BEFORE UPDATE OR DELETE ON rating_ratingagreement
    FOR EACH ROW EXECUTE FUNCTION rating_guard_agreement();
ALTER TABLE rating_ratingagreement ENABLE ALWAYS TRIGGER rating_ratingagreement_only_ends;
SELECT refuse_truncate('rating_ratingagreement');

-- reverse:
DROP TRIGGER IF EXISTS rating_ratingagreement_only_ends ON rating_ratingagreement;
DROP TRIGGER IF EXISTS rating_ratingagreement_no_truncate ON rating_ratingagreement;
DROP TRIGGER IF EXISTS rating_derivedrating_is_derived ON rating_derivedrating;
DROP TRIGGER IF EXISTS rating_derivedrating_not_edited ON rating_derivedrating;
DROP TRIGGER IF EXISTS rating_derivedrating_no_truncate ON rating_derivedrating;
DROP FUNCTION IF EXISTS rating_guard_agreement();
DROP FUNCTION IF EXISTS rating_guard_derived();
