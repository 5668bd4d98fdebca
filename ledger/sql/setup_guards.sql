-- Purpose: the set-up that posted lines rest on stays as it was: an account keeps its entity and
--   number and is never deleted, nor is an entity (lines, entries and documents point at them
--   without a foreign key); an entity with a journal keeps its functional currency; every change of
--   the set-up is recorded.
-- Grain: each row of ledger_glaccount and ledger_legalentity. Repeating: renewed.

CREATE OR REPLACE FUNCTION ledger_guard_account() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
       (OLD.id, OLD.entity_id, OLD.number) IS DISTINCT FROM (NEW.id, NEW.entity_id, NEW.number) THEN
        PERFORM refuse('LED-1', 'ledger_glaccount_is_kept',
            'an account keeps its number and is never deleted; make it inactive instead');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS ledger_glaccount_guard ON ledger_glaccount;
CREATE TRIGGER ledger_glaccount_guard BEFORE UPDATE OR DELETE
    ON ledger_glaccount FOR EACH ROW EXECUTE FUNCTION ledger_guard_account();
ALTER TABLE ledger_glaccount ENABLE ALWAYS TRIGGER ledger_glaccount_guard;

CREATE OR REPLACE FUNCTION ledger_guard_entity() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.id <> NEW.id THEN
        PERFORM refuse('D5', 'ledger_legalentity_is_kept',
            'a legal entity is never deleted: its books name it');
    END IF;
    IF NEW.functional_currency <> OLD.functional_currency
       AND EXISTS (SELECT FROM ledger_journalentry WHERE entity_id = OLD.id) THEN
        PERFORM refuse('I-24', 'ledger_legalentity_keeps_currency',
            'an entity with a journal keeps its functional currency');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS ledger_legalentity_guard ON ledger_legalentity;
CREATE TRIGGER ledger_legalentity_guard BEFORE UPDATE OR DELETE
    ON ledger_legalentity FOR EACH ROW EXECUTE FUNCTION ledger_guard_entity();
ALTER TABLE ledger_legalentity ENABLE ALWAYS TRIGGER ledger_legalentity_guard;

SELECT refuse_truncate('ledger_glaccount');
SELECT refuse_truncate('ledger_legalentity');
SELECT audit_track('ledger_legalentity');
SELECT audit_track('ledger_currency');
SELECT audit_track('ledger_exchangerate');
SELECT audit_track('ledger_glaccount');
SELECT audit_track('ledger_postingrule');
SELECT audit_track('ledger_entityaccess');

-- reverse:
DROP FUNCTION IF EXISTS ledger_guard_entity() CASCADE;
DROP FUNCTION IF EXISTS ledger_guard_account() CASCADE;
DROP TRIGGER IF EXISTS ledger_glaccount_no_truncate ON ledger_glaccount;
DROP TRIGGER IF EXISTS ledger_legalentity_no_truncate ON ledger_legalentity;
DROP TRIGGER IF EXISTS ledger_legalentity_history ON ledger_legalentity;
DROP TRIGGER IF EXISTS ledger_currency_history ON ledger_currency;
DROP TRIGGER IF EXISTS ledger_exchangerate_history ON ledger_exchangerate;
DROP TRIGGER IF EXISTS ledger_glaccount_history ON ledger_glaccount;
DROP TRIGGER IF EXISTS ledger_postingrule_history ON ledger_postingrule;
DROP TRIGGER IF EXISTS ledger_entityaccess_history ON ledger_entityaccess;
