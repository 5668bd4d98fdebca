-- Purpose: the jurisdiction tree goes down level by level, hence has no cycle (TAX-4); a rule names
--   a category that exists (TAX-5); a tax compounds on earlier taxes only (TAX-8).
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION tax_level_rank(level text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['COUNTRY', 'STATE', 'COUNTY', 'CITY', 'DISTRICT'], level);

CREATE OR REPLACE FUNCTION tax_guard_jurisdiction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.parent_id IS DISTINCT FROM OLD.parent_id
                             OR NEW.level <> OLD.level OR NEW.code <> OLD.code) THEN
        PERFORM refuse('TAX-4', 'tax_jurisdiction_place_is_fixed',
            'A jurisdiction keeps its code, level and parent; add another one.');
    END IF;
    IF NEW.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM tax_jurisdiction above
        WHERE above.id = NEW.parent_id
          AND tax_level_rank(above.level) < tax_level_rank(NEW.level)) THEN
        PERFORM refuse('TAX-4', 'tax_jurisdiction_levels_descend',
            'A jurisdiction lies inside one of a higher level.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tax_jurisdiction_levels_descend BEFORE INSERT OR UPDATE ON tax_jurisdiction
    FOR EACH ROW EXECUTE FUNCTION tax_guard_jurisdiction();

CREATE OR REPLACE FUNCTION tax_guard_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.category <> '*'
       AND NOT EXISTS (SELECT 1 FROM tax_taxcategory WHERE code = NEW.category) THEN
        PERFORM refuse('TAX-5', 'tax_taxrule_category_exists',
            'There is no tax category ' || NEW.category || '.');
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tax_taxrule_category_exists BEFORE INSERT ON tax_taxrule
    FOR EACH ROW EXECUTE FUNCTION tax_guard_rule();

CREATE OR REPLACE FUNCTION tax_guard_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'DELETE' OR NEW.code <> OLD.code)
       AND EXISTS (SELECT 1 FROM tax_taxrule WHERE category = OLD.code) THEN
        PERFORM refuse('TAX-5', 'tax_taxcategory_code_is_kept',
            'Tax rules name the category ' || OLD.code || '; it keeps its code.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER tax_taxcategory_code_is_kept BEFORE UPDATE OR DELETE ON tax_taxcategory
    FOR EACH ROW EXECUTE FUNCTION tax_guard_category();

CREATE OR REPLACE FUNCTION tax_guard_compounding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM tax_taxtype_compounds_on link
        JOIN tax_taxtype later ON later.id = link.from_taxtype_id
        JOIN tax_taxtype earlier ON earlier.id = link.to_taxtype_id
        WHERE earlier.sequence >= later.sequence) THEN
        PERFORM refuse('TAX-8', 'tax_taxtype_compounds_on_earlier_ones',
            'A tax compounds only on taxes of a lower sequence.');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tax_taxtype_compounds_on_earlier_ones
    AFTER INSERT OR UPDATE ON tax_taxtype_compounds_on
    FOR EACH STATEMENT EXECUTE FUNCTION tax_guard_compounding();
CREATE TRIGGER tax_taxtype_compounds_on_earlier_ones AFTER UPDATE ON tax_taxtype
    FOR EACH STATEMENT EXECUTE FUNCTION tax_guard_compounding();

-- reverse:
DROP TRIGGER IF EXISTS tax_taxtype_compounds_on_earlier_ones ON tax_taxtype;
DROP TRIGGER IF EXISTS tax_taxtype_compounds_on_earlier_ones ON tax_taxtype_compounds_on;
DROP TRIGGER IF EXISTS tax_taxcategory_code_is_kept ON tax_taxcategory;
DROP TRIGGER IF EXISTS tax_taxrule_category_exists ON tax_taxrule;
DROP TRIGGER IF EXISTS tax_jurisdiction_levels_descend ON tax_jurisdiction;
DROP FUNCTION IF EXISTS tax_guard_compounding();
DROP FUNCTION IF EXISTS tax_guard_category();
DROP FUNCTION IF EXISTS tax_guard_rule();
DROP FUNCTION IF EXISTS tax_guard_jurisdiction();
DROP FUNCTION IF EXISTS tax_level_rank(text);
