-- Purpose: what a discount or a commitment says is kept from the day it was first given to somebody
--   (the versioning law): only the days on which it may be given can still change. The limit of a coupon is
--   never below what was used of it (a CHECK), and a coupon keeps its promotion, a promotion its discount.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION catalog_keep_used() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := ARRAY[
        'valid', 'updated_at', 'updated_by_id', 'version', 'is_used', 'budget'];
BEGIN
    IF OLD.is_used AND (TG_OP = 'DELETE' OR NOT NEW.is_used
                        OR (to_jsonb(NEW) - free) IS DISTINCT FROM (to_jsonb(OLD) - free)) THEN
        PERFORM refuse('DSC-3', TG_TABLE_NAME || '_is_kept',
            format('%s was given to somebody and is kept as it was; define another one', OLD.code));
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE OR REPLACE FUNCTION catalog_keep_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) -> TG_ARGV[0], NEW.code) IS DISTINCT FROM (to_jsonb(OLD) -> TG_ARGV[0], OLD.code)
    THEN
        PERFORM refuse('DSC-3', TG_TABLE_NAME || '_keeps_its_source',
            format('%s goes on giving what it gave; make another one', OLD.code));
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER catalog_discountdef_is_kept
    BEFORE UPDATE OR DELETE ON catalog_discountdef
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_used();
CREATE TRIGGER catalog_commitmentspec_is_kept
    BEFORE UPDATE OR DELETE ON catalog_commitmentspec
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_used();
CREATE TRIGGER catalog_promotion_keeps_its_source
    BEFORE UPDATE ON catalog_promotion
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_source('discount_id');
CREATE TRIGGER catalog_coupon_keeps_its_source
    BEFORE UPDATE ON catalog_coupon
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_source('promotion_id');

-- reverse:
DROP TRIGGER IF EXISTS catalog_coupon_keeps_its_source ON catalog_coupon;
DROP TRIGGER IF EXISTS catalog_promotion_keeps_its_source ON catalog_promotion;
DROP TRIGGER IF EXISTS catalog_commitmentspec_is_kept ON catalog_commitmentspec;
DROP TRIGGER IF EXISTS catalog_discountdef_is_kept ON catalog_discountdef;
DROP FUNCTION IF EXISTS catalog_keep_source();
DROP FUNCTION IF EXISTS catalog_keep_used();
