-- Purpose: what a submitted charge counts keeps its meaning: of its usage type the unit and the way events
--   become a quantity, of its units the factor to the base unit, of its zones and bands all but the end of a
--   prefix. Names, allowed values and holidays may change, and prefixes are added by days.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

-- The maps that lead to a map by their fallbacks, on whatever day, and the map itself.
CREATE OR REPLACE FUNCTION catalog_zone_maps_before(key bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE before AS (
        SELECT key AS id
        UNION
        SELECT f.zone_map_id FROM before b JOIN catalog_zonefallback f ON f.then_id = b.id
    )
    SELECT id FROM before
$$;

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
                   WHEN 'zone map' THEN c.zone_map_id IN (SELECT catalog_zone_maps_before(key))
                   WHEN 'band plan' THEN c.band_plan_id = key
               END)
$$;

-- Arguments: what the row is, the rule, what does not change and what to do instead, and the columns.
CREATE OR REPLACE FUNCTION catalog_guard_sold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := TG_ARGV[0];
BEGIN
    IF EXISTS (SELECT FROM unnest(TG_ARGV[3:]) AS kept
                WHERE to_jsonb(NEW) -> kept IS DISTINCT FROM to_jsonb(OLD) -> kept)
       AND catalog_is_sold(lower(what), OLD.id) THEN
        PERFORM refuse(TG_ARGV[1], TG_NAME, what || ' ' || OLD.code || ' is sold: ' || TG_ARGV[2]);
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER catalog_usagetype_keeps_its_meaning BEFORE UPDATE ON catalog_usagetype
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_sold('Usage type', 'UNIT-7',
        'how its events are counted does not change; '
        'define another usage type and draft another version of the offer.',
        'code', 'unit_id', 'identifier_type', 'time_attribute', 'dedupe_fields', 'aggregate_rule',
        'bucket', 'unique_attribute', 'carries_over', 'missing_zero', 'quantity_places',
        'quantity_mode');
ALTER TABLE catalog_usagetype ENABLE ALWAYS TRIGGER catalog_usagetype_keeps_its_meaning;

CREATE TRIGGER catalog_unitofmeasure_keeps_its_meaning BEFORE UPDATE ON catalog_unitofmeasure
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_sold('Unit', 'UNIT-7',
        'its factor and dimension do not change; define another unit.',
        'code', 'dimension', 'to_base');
ALTER TABLE catalog_unitofmeasure ENABLE ALWAYS TRIGGER catalog_unitofmeasure_keeps_its_meaning;

CREATE TRIGGER catalog_zonemap_keeps_its_meaning BEFORE UPDATE ON catalog_zonemap
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_sold('Zone map', 'RATE',
        'its attribute and fallback do not change; define another map.',
        'code', 'attribute', 'fallback');
ALTER TABLE catalog_zonemap ENABLE ALWAYS TRIGGER catalog_zonemap_keeps_its_meaning;

-- Arguments: what the row is. It only ends, from some day on.
CREATE OR REPLACE FUNCTION catalog_guard_zone_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND lower(NEW.valid) = lower(OLD.valid)
       AND to_jsonb(NEW) - 'valid' = to_jsonb(OLD) - 'valid' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND lower(OLD.valid) > CURRENT_DATE THEN
        RETURN OLD;
    END IF;
    IF catalog_is_sold('zone map', OLD.zone_map_id) THEN
        PERFORM refuse('RATE', TG_NAME,
            TG_ARGV[0] || ' of a map that is sold only ends; give what is new from a day on.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER catalog_zoneprefix_only_ends BEFORE UPDATE OR DELETE ON catalog_zoneprefix
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_zone_part('A prefix');
ALTER TABLE catalog_zoneprefix ENABLE ALWAYS TRIGGER catalog_zoneprefix_only_ends;
CREATE TRIGGER catalog_zonefallback_only_ends BEFORE UPDATE OR DELETE ON catalog_zonefallback
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_zone_part('A fallback');
ALTER TABLE catalog_zonefallback ENABLE ALWAYS TRIGGER catalog_zonefallback_only_ends;

-- A map is asked by none that it leads to on the same day. Those who write links wait for each other.
CREATE OR REPLACE FUNCTION catalog_guard_zone_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('zones:fallbacks', 0));
    IF EXISTS (
        WITH RECURSIVE asked AS (
            SELECT NEW.then_id AS id, NEW.valid AS valid
            UNION
            SELECT f.then_id, a.valid * f.valid
              FROM asked a JOIN catalog_zonefallback f ON f.zone_map_id = a.id AND f.valid && a.valid
             WHERE f.id <> NEW.id AND a.id <> NEW.zone_map_id
        )
        SELECT FROM asked WHERE id = NEW.zone_map_id
    ) THEN
        PERFORM refuse('RATE', 'catalog_zonefallback_makes_no_circle',
            'A zone map would be asked again after itself.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_zonefallback_makes_no_circle BEFORE INSERT OR UPDATE ON catalog_zonefallback
    FOR EACH ROW EXECUTE FUNCTION catalog_guard_zone_circle();
ALTER TABLE catalog_zonefallback ENABLE ALWAYS TRIGGER catalog_zonefallback_makes_no_circle;

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
DROP TRIGGER IF EXISTS catalog_zonefallback_makes_no_circle ON catalog_zonefallback;
DROP TRIGGER IF EXISTS catalog_zonefallback_only_ends ON catalog_zonefallback;
DROP FUNCTION IF EXISTS catalog_guard_zone_circle();
DROP FUNCTION IF EXISTS catalog_guard_zone_part();
DROP TRIGGER IF EXISTS catalog_unitofmeasure_keeps_its_meaning ON catalog_unitofmeasure;
DROP TRIGGER IF EXISTS catalog_usagetype_keeps_its_meaning ON catalog_usagetype;
DROP FUNCTION IF EXISTS catalog_guard_sold();
DROP FUNCTION IF EXISTS catalog_is_sold(text, bigint);
DROP FUNCTION IF EXISTS catalog_zone_maps_before(bigint);
