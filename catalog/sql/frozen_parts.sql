-- Purpose: charges are frozen with their offer version, tiers with their price version; tiers grow:
--   uppers rise strictly and only the last may be without end (TIER-1), but for the cells of a matrix; a tier's flat amount fits
--   the minor unit of the price's currency.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION catalog_are_drafts(one bigint, other bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    owner bigint;
BEGIN
    FOR owner IN SELECT DISTINCT id FROM unnest(ARRAY[one, other]) AS id WHERE id IS NOT NULL ORDER BY id
    LOOP
        PERFORM 1 FROM catalog_offerversion WHERE id = owner AND state = 'DRAFT' FOR SHARE;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;

-- What belongs to an offer version is frozen with it: the trigger names itself, and says what it keeps.
CREATE OR REPLACE FUNCTION catalog_guard_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT catalog_are_drafts(OLD.offer_version_id, NEW.offer_version_id) THEN
        PERFORM refuse('PUBLISH', TG_NAME, TG_ARGV[0] || '; draft another version.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_charge_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON catalog_charge
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_part(
        'The charges of a submitted offer version do not change');
ALTER TABLE catalog_charge ENABLE ALWAYS TRIGGER catalog_charge_is_frozen;

CREATE OR REPLACE FUNCTION catalog_guard_tier() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner bigint;
    price_currency char(3);
BEGIN
    FOR owner IN
        SELECT DISTINCT id FROM unnest(ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.price_version_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.price_version_id END]) AS id
        WHERE id IS NOT NULL
        ORDER BY id
    LOOP
        SELECT currency INTO price_currency FROM catalog_priceversion
        WHERE id = owner AND state = 'DRAFT' FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM refuse('PUBLISH', 'catalog_pricetier_is_frozen',
                'The tiers of a submitted price do not change; draft another price.');
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT is_money(NEW.flat_amount, price_currency) THEN
        PERFORM refuse('NUM-1', 'catalog_pricetier_flat_amount_is_money',
            'A flat amount has no more decimals than ' || price_currency || '.');
    END IF;
    IF NEW.cell = '' AND EXISTS (
        SELECT 1 FROM catalog_pricetier other
        WHERE other.price_version_id = NEW.price_version_id AND other.id <> NEW.id
          AND CASE WHEN other.seq < NEW.seq
              THEN other.upper_inclusive IS NULL OR other.upper_inclusive >= NEW.upper_inclusive
              ELSE NEW.upper_inclusive IS NULL OR other.upper_inclusive <= NEW.upper_inclusive
              END) THEN
        PERFORM refuse('TIER-1', 'catalog_pricetier_uppers_increase',
            'The upper bounds of tiers rise from tier to tier, and only the last has no end.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_pricetier_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON catalog_pricetier
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_tier();
ALTER TABLE catalog_pricetier ENABLE ALWAYS TRIGGER catalog_pricetier_is_frozen;

-- reverse:
DROP TRIGGER IF EXISTS catalog_pricetier_is_frozen ON catalog_pricetier;
DROP TRIGGER IF EXISTS catalog_charge_is_frozen ON catalog_charge;
DROP FUNCTION IF EXISTS catalog_guard_tier();
DROP FUNCTION IF EXISTS catalog_guard_part();
DROP FUNCTION IF EXISTS catalog_are_drafts(bigint, bigint);
