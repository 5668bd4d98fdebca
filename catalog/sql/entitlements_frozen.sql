-- Purpose: what an offer includes is frozen with its offer version, like its charges; how its usage
--   type counts keeps its meaning through the charges that count by it.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE TRIGGER catalog_entitlementspec_is_frozen
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_entitlementspec
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_part(
        'What a submitted offer version includes does not change');
ALTER TABLE catalog_entitlementspec ENABLE ALWAYS TRIGGER catalog_entitlementspec_is_frozen;
SELECT audit_track('catalog_entitlementspec');

-- reverse:
DROP TRIGGER IF EXISTS catalog_entitlementspec_history ON catalog_entitlementspec;
DROP TRIGGER IF EXISTS catalog_entitlementspec_is_frozen ON catalog_entitlementspec;
