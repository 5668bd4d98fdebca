-- Purpose: dated rows of tax (rates, rules, registrations) are history. A row may end earlier than
--   it said; nothing else of it changes and it is never deleted, so a posted document can always be
--   worked out again (TAX-12).
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.

CREATE OR REPLACE FUNCTION tax_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stamps CONSTANT text[] := ARRAY['valid', 'updated_at', 'updated_by_id', 'version'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('TAX-12', TG_TABLE_NAME || '_history_is_kept',
            'A tax row is history and is not deleted; end its validity instead.');
    END IF;
    IF (to_jsonb(NEW) - stamps) IS DISTINCT FROM (to_jsonb(OLD) - stamps) THEN
        PERFORM refuse('TAX-12', TG_TABLE_NAME || '_history_is_kept',
            'A tax row does not change; end it and add another from the day of the change.');
    END IF;
    IF NEW.valid IS DISTINCT FROM OLD.valid
       AND (lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid)
            OR upper(NEW.valid) IS NULL
            OR NOT OLD.valid @> NEW.valid) THEN
        PERFORM refuse('TAX-12', TG_TABLE_NAME || '_history_is_kept',
            'The validity of a tax row may only end earlier.');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER tax_taxrate_history_is_kept BEFORE UPDATE OR DELETE ON tax_taxrate
    FOR EACH ROW EXECUTE FUNCTION tax_keep_history();
CREATE TRIGGER tax_taxrule_history_is_kept BEFORE UPDATE OR DELETE ON tax_taxrule
    FOR EACH ROW EXECUTE FUNCTION tax_keep_history();
CREATE TRIGGER tax_taxregistration_history_is_kept BEFORE UPDATE OR DELETE ON tax_taxregistration
    FOR EACH ROW EXECUTE FUNCTION tax_keep_history();
ALTER TABLE tax_taxrate ENABLE ALWAYS TRIGGER tax_taxrate_history_is_kept;
ALTER TABLE tax_taxrule ENABLE ALWAYS TRIGGER tax_taxrule_history_is_kept;
ALTER TABLE tax_taxregistration ENABLE ALWAYS TRIGGER tax_taxregistration_history_is_kept;

-- reverse:
DROP TRIGGER IF EXISTS tax_taxrate_history_is_kept ON tax_taxrate;
DROP TRIGGER IF EXISTS tax_taxrule_history_is_kept ON tax_taxrule;
DROP TRIGGER IF EXISTS tax_taxregistration_history_is_kept ON tax_taxregistration;
DROP FUNCTION IF EXISTS tax_keep_history();
