-- Purpose: what a submitted charge counts keeps its meaning: of its usage type the unit and the way events
--   become a quantity, of its units the factor to the base unit, of its zones and bands all but the end of a
--   prefix. Names, allowed values and holidays may change, and prefixes are added by days.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION catalog_is_sold(what text, key bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM catalog_charge c
          JOIN catalog_offerversion v ON v.id = c.offer_version_id
          LEFT JOIN catalog_usagetype u ON u.id = c.usage_type_id
         WHERE v.state <> 'DRAFT'
           AND CASE what
                   WHEN 'usage type' THEN c.usage_type_id = key
                   WHEN 'unit' THEN c.price_unit_id = key OR u.unit_id = key
                   WHEN 'zone map' THEN c.zone_map_id = key
                   WHEN 'band plan' THEN c.band_plan_id = key
               END)
$$;

CREATE OR REPLACE FUNCTION catalog_guard_usage_type() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.code, NEW.unit_id, NEW.identifier_type, NEW.time_attribute, NEW.dedupe_fields,
           NEW.aggregate_rule, NEW.bucket, NEW.unique_attribute, NEW.carries_over, NEW.missing_zero,
           NEW.quantity_places, NEW.quantity_mode)
       IS DISTINCT FROM
       ROW(OLD.code, OLD.unit_id, OLD.identifier_type, OLD.time_attribute, OLD.dedupe_fields,
           OLD.aggregate_rule, OLD.bucket, OLD.unique_attribute, OLD.carries_over, OLD.missing_zero,
           OLD.quantity_places, OLD.quantity_mode)
       AND catalog_is_sold('usage type', OLD.id) THEN
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
       AND catalog_is_sold('unit', OLD.id) THEN
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

CREATE OR REPLACE FUNCTION catalog_guard_zone_map() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.code, NEW.attribute, NEW.fallback) IS DISTINCT FROM
       ROW(OLD.code, OLD.attribute, OLD.fallback)
       AND catalog_is_sold('zone map', OLD.id) THEN
        PERFORM refuse('RATE', 'catalog_zonemap_keeps_its_meaning',
            'Zone map ' || OLD.code || ' is sold: its attribute and fallback do not change; define '
            'another map.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_zonemap_keeps_its_meaning BEFORE UPDATE ON catalog_zonemap
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_zone_map();
ALTER TABLE catalog_zonemap ENABLE ALWAYS TRIGGER catalog_zonemap_keeps_its_meaning;

CREATE OR REPLACE FUNCTION catalog_guard_zone_prefix() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND ROW(NEW.zone_map_id, NEW.prefix, NEW.zone, lower(NEW.valid)) IS NOT DISTINCT FROM
       ROW(OLD.zone_map_id, OLD.prefix, OLD.zone, lower(OLD.valid)) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND lower(OLD.valid) > CURRENT_DATE THEN
        RETURN OLD;
    END IF;
    IF catalog_is_sold('zone map', OLD.zone_map_id) THEN
        PERFORM refuse('RATE', 'catalog_zoneprefix_only_ends',
            'A prefix of a map that is sold only ends; give its new zone from a day on.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_zoneprefix_only_ends BEFORE UPDATE OR DELETE ON catalog_zoneprefix
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_zone_prefix();
ALTER TABLE catalog_zoneprefix ENABLE ALWAYS TRIGGER catalog_zoneprefix_only_ends;

CREATE OR REPLACE FUNCTION catalog_guard_time_band() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP <> 'INSERT' AND catalog_is_sold('band plan', OLD.plan_id))
       OR (TG_OP <> 'DELETE' AND catalog_is_sold('band plan', NEW.plan_id)) THEN
        PERFORM refuse('UNIT-5', 'catalog_timeband_is_frozen',
            'The bands of a plan that is sold do not change; make another plan and draft another '
            'version of the offer.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_timeband_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON catalog_timeband
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_time_band();
ALTER TABLE catalog_timeband ENABLE ALWAYS TRIGGER catalog_timeband_is_frozen;

-- reverse:
DROP TRIGGER IF EXISTS catalog_timeband_is_frozen ON catalog_timeband;
DROP TRIGGER IF EXISTS catalog_zoneprefix_only_ends ON catalog_zoneprefix;
DROP TRIGGER IF EXISTS catalog_zonemap_keeps_its_meaning ON catalog_zonemap;
DROP FUNCTION IF EXISTS catalog_guard_time_band();
DROP FUNCTION IF EXISTS catalog_guard_zone_prefix();
DROP FUNCTION IF EXISTS catalog_guard_zone_map();
DROP TRIGGER IF EXISTS catalog_unitofmeasure_keeps_its_meaning ON catalog_unitofmeasure;
DROP TRIGGER IF EXISTS catalog_usagetype_keeps_its_meaning ON catalog_usagetype;
DROP FUNCTION IF EXISTS catalog_guard_unit();
DROP FUNCTION IF EXISTS catalog_guard_usage_type();
DROP FUNCTION IF EXISTS catalog_is_sold(text, bigint);
