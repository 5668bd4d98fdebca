-- Purpose: what an offer includes is frozen with its offer version, like its charges; how its usage
--   type counts keeps its meaning through the charges that count by it.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION catalog_guard_entitlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT catalog_are_drafts(OLD.offer_version_id, NEW.offer_version_id) THEN
        PERFORM refuse('PUBLISH', 'catalog_entitlementspec_is_frozen',
            'What a submitted offer version includes does not change; draft another version.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_entitlementspec_is_frozen
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_entitlementspec
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_entitlement();
ALTER TABLE catalog_entitlementspec ENABLE ALWAYS TRIGGER catalog_entitlementspec_is_frozen;
SELECT audit_track('catalog_entitlementspec');

-- reverse:
DROP TRIGGER IF EXISTS catalog_entitlementspec_history ON catalog_entitlementspec;
DROP TRIGGER IF EXISTS catalog_entitlementspec_is_frozen ON catalog_entitlementspec;
DROP FUNCTION IF EXISTS catalog_guard_entitlement();
