-- Purpose: the life of offer and price versions (2.11) and the versioning law: a version begins as
--   a draft, goes on only by the steps below, and what it says is frozen from its submission on. A
--   published price may end earlier than it said; it is never deleted.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION catalog_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stamps CONSTANT text[] := ARRAY[
        'state', 'updated_at', 'updated_by_id', 'version', 'submitted_by_id', 'submitted_at',
        'approved_by_id', 'approved_at', 'published_by_id', 'published_at',
        'valid', 'sale_window'];
    steps CONSTANT text[] := ARRAY[
        'DRAFT>IN_REVIEW', 'IN_REVIEW>APPROVED', 'IN_REVIEW>DRAFT', 'APPROVED>PUBLISHED',
        'APPROVED>DRAFT', 'PUBLISHED>RETIRED', 'RETIRED>OBSOLETE', 'PUBLISHED>OBSOLETE'];
    span CONSTANT text := CASE TG_TABLE_NAME
        WHEN 'catalog_priceversion' THEN 'valid' ELSE 'sale_window' END;
    before daterange;
    after daterange;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' THEN
            PERFORM refuse('PUBLISH', TG_TABLE_NAME || '_begins_as_draft',
                'A version begins as a draft.');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'DRAFT' THEN
            PERFORM refuse('PUBLISH', TG_TABLE_NAME || '_is_immutable',
                'Only a draft can be deleted; a version that was submitted is kept.');
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state = ANY (steps)) THEN
        PERFORM refuse('PUBLISH', TG_TABLE_NAME || '_follows_its_life',
            'A version does not go from ' || OLD.state || ' to ' || NEW.state || '.');
    END IF;
    IF OLD.state = 'DRAFT' AND NEW.state IN ('DRAFT', 'IN_REVIEW') THEN
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - stamps) IS DISTINCT FROM (to_jsonb(OLD) - stamps) THEN
        PERFORM refuse('PUBLISH', TG_TABLE_NAME || '_is_immutable',
            'What a submitted version says does not change; draft another version.');
    END IF;
    before := (to_jsonb(OLD) ->> span)::daterange;
    after := (to_jsonb(NEW) ->> span)::daterange;
    IF after IS DISTINCT FROM before
       AND NOT (OLD.state = 'PUBLISHED' AND before @> after AND lower(after) = lower(before)) THEN
        PERFORM refuse('PUBLISH', TG_TABLE_NAME || '_is_immutable',
            'The validity of a published version may only end earlier.');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER catalog_priceversion_is_immutable
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_priceversion
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_version();
CREATE TRIGGER catalog_offerversion_is_immutable
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_offerversion
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_version();
ALTER TABLE catalog_priceversion ENABLE ALWAYS TRIGGER catalog_priceversion_is_immutable;
ALTER TABLE catalog_offerversion ENABLE ALWAYS TRIGGER catalog_offerversion_is_immutable;

-- reverse:
DROP TRIGGER IF EXISTS catalog_priceversion_is_immutable ON catalog_priceversion;
DROP TRIGGER IF EXISTS catalog_offerversion_is_immutable ON catalog_offerversion;
DROP FUNCTION IF EXISTS catalog_guard_version();
