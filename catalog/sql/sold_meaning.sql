-- Purpose: what a submitted charge counts keeps its meaning: of its usage type the unit and the way events
--   become a quantity, of its units the factor to the base unit; names and allowed values may change.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION catalog_guard_usage_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.code, NEW.unit_id, NEW.identifier_type, NEW.time_attribute, NEW.dedupe_fields,
           NEW.aggregate_rule, NEW.bucket, NEW.unique_attribute, NEW.carries_over, NEW.missing_zero,
           NEW.quantity_places, NEW.quantity_mode)
       IS DISTINCT FROM
       ROW(OLD.code, OLD.unit_id, OLD.identifier_type, OLD.time_attribute, OLD.dedupe_fields,
           OLD.aggregate_rule, OLD.bucket, OLD.unique_attribute, OLD.carries_over, OLD.missing_zero,
           OLD.quantity_places, OLD.quantity_mode)
       AND EXISTS (
           SELECT 1 FROM catalog_charge c JOIN catalog_offerversion v ON v.id = c.offer_version_id
           WHERE c.usage_type_id = OLD.id AND v.state <> 'DRAFT') THEN
        PERFORM refuse('UNIT-7', 'catalog_usagetype_keeps_its_meaning',
            'Usage type ' || OLD.code || ' is sold: how its events are counted does not change; '
            'define another usage type and draft another version of the offer.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_usagetype_keeps_its_meaning BEFORE UPDATE ON catalog_usagetype
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_usage_type();
ALTER TABLE catalog_usagetype ENABLE ALWAYS TRIGGER catalog_usagetype_keeps_its_meaning;

CREATE OR REPLACE FUNCTION catalog_guard_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.code, NEW.dimension, NEW.to_base) IS DISTINCT FROM
       ROW(OLD.code, OLD.dimension, OLD.to_base)
       AND EXISTS (
           SELECT 1 FROM catalog_charge c
           JOIN catalog_offerversion v ON v.id = c.offer_version_id
           LEFT JOIN catalog_usagetype u ON u.id = c.usage_type_id
           WHERE v.state <> 'DRAFT' AND (c.price_unit_id = OLD.id OR u.unit_id = OLD.id)) THEN
        PERFORM refuse('UNIT-7', 'catalog_unitofmeasure_keeps_its_meaning',
            'Unit ' || OLD.code || ' is sold: its factor and dimension do not change; define another '
            'unit.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_unitofmeasure_keeps_its_meaning BEFORE UPDATE ON catalog_unitofmeasure
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_unit();
ALTER TABLE catalog_unitofmeasure ENABLE ALWAYS TRIGGER catalog_unitofmeasure_keeps_its_meaning;

-- reverse:
DROP TRIGGER IF EXISTS catalog_unitofmeasure_keeps_its_meaning ON catalog_unitofmeasure;
DROP TRIGGER IF EXISTS catalog_usagetype_keeps_its_meaning ON catalog_usagetype;
DROP FUNCTION IF EXISTS catalog_guard_unit();
DROP FUNCTION IF EXISTS catalog_guard_usage_type();
