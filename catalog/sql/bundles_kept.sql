-- Purpose: what a bundle is made of is frozen with its offer version, like its charges; no offer
--   contains itself, not by way of others either. Who adds an edge holds the lock of all bundles, so
--   that two edges drawn at once do not close a ring that neither sees; a version keeps its offer,
--   between which the edges run. Only a discounted component has discounts.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE TRIGGER catalog_bundlecomponent_is_frozen
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_bundlecomponent
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_part(
        'What a submitted bundle is made of does not change');

CREATE OR REPLACE FUNCTION catalog_refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('bundles:catalog', 0));
    IF EXISTS (
        WITH RECURSIVE inside (offer_id) AS (
            SELECT NEW.offer_id
            UNION
            SELECT part.offer_id
            FROM inside
            JOIN catalog_offerversion version ON version.offer_id = inside.offer_id
            JOIN catalog_bundlecomponent part ON part.offer_version_id = version.id
        )
        SELECT FROM inside JOIN catalog_offerversion version ON version.id = NEW.offer_version_id
        WHERE inside.offer_id = version.offer_id) THEN
        PERFORM refuse('P8', 'catalog_bundlecomponent_no_cycle',
            'An offer does not contain itself, not inside another bundle either.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_bundlecomponent_no_cycle
    BEFORE INSERT OR UPDATE OF offer_version_id, offer_id ON catalog_bundlecomponent
    FOR EACH ROW EXECUTE FUNCTION catalog_refuse_cycle();

CREATE OR REPLACE FUNCTION catalog_keep_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('PUBLISH', 'catalog_offerversion_keeps_offer',
        'A version is of one offer for good; draft a version of the other one.');
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_offerversion_keeps_offer
    BEFORE UPDATE OF offer_id ON catalog_offerversion
    FOR EACH ROW WHEN (OLD.offer_id <> NEW.offer_id) EXECUTE FUNCTION catalog_keep_offer();

CREATE OR REPLACE FUNCTION catalog_guard_bundle_discount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT catalog_are_drafts(
        (SELECT offer_version_id FROM catalog_bundlecomponent WHERE id = OLD.component_id),
        (SELECT offer_version_id FROM catalog_bundlecomponent WHERE id = NEW.component_id)) THEN
        PERFORM refuse('PUBLISH', 'catalog_bundlediscount_is_frozen',
            'What a submitted bundle gives does not change; draft another version.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_bundlediscount_is_frozen
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_bundlediscount
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_bundle_discount();

CREATE OR REPLACE FUNCTION catalog_judge_treatment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'catalog_bundlediscount' THEN
        PERFORM 1 FROM catalog_bundlecomponent
            WHERE id = NEW.component_id AND treatment = 'DISCOUNTED' FOR SHARE;
        IF FOUND THEN
            RETURN NEW;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM catalog_bundlediscount WHERE component_id = NEW.id) THEN
        RETURN NEW;
    END IF;
    PERFORM refuse('DSC-1', TG_NAME, 'Only a discounted component has discounts.');
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_bundlediscount_is_of_discounted
    BEFORE INSERT OR UPDATE ON catalog_bundlediscount
    FOR EACH ROW EXECUTE FUNCTION catalog_judge_treatment();
CREATE TRIGGER catalog_bundlecomponent_stays_discounted
    BEFORE UPDATE OF treatment ON catalog_bundlecomponent
    FOR EACH ROW WHEN (NEW.treatment <> 'DISCOUNTED') EXECUTE FUNCTION catalog_judge_treatment();

ALTER TABLE catalog_bundlecomponent ENABLE ALWAYS TRIGGER catalog_bundlecomponent_is_frozen;
ALTER TABLE catalog_bundlecomponent ENABLE ALWAYS TRIGGER catalog_bundlecomponent_no_cycle;
ALTER TABLE catalog_bundlediscount ENABLE ALWAYS TRIGGER catalog_bundlediscount_is_frozen;
SELECT audit_track('catalog_bundlecomponent');
SELECT audit_track('catalog_bundlediscount');

-- reverse:
DROP TRIGGER IF EXISTS catalog_bundlediscount_history ON catalog_bundlediscount;
DROP TRIGGER IF EXISTS catalog_bundlecomponent_history ON catalog_bundlecomponent;
DROP TRIGGER IF EXISTS catalog_bundlecomponent_stays_discounted ON catalog_bundlecomponent;
DROP TRIGGER IF EXISTS catalog_bundlediscount_is_of_discounted ON catalog_bundlediscount;
DROP TRIGGER IF EXISTS catalog_bundlediscount_is_frozen ON catalog_bundlediscount;
DROP TRIGGER IF EXISTS catalog_offerversion_keeps_offer ON catalog_offerversion;
DROP TRIGGER IF EXISTS catalog_bundlecomponent_no_cycle ON catalog_bundlecomponent;
DROP TRIGGER IF EXISTS catalog_bundlecomponent_is_frozen ON catalog_bundlecomponent;
DROP FUNCTION IF EXISTS catalog_judge_treatment();
DROP FUNCTION IF EXISTS catalog_guard_bundle_discount();
DROP FUNCTION IF EXISTS catalog_keep_offer();
DROP FUNCTION IF EXISTS catalog_refuse_cycle();
