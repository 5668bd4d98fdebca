-- Purpose: a period moves only OPEN → SOFT_CLOSED → CLOSED and back; closing and reopening need a
--   used approval of their own; number counters only grow; neither is ever deleted (F45, INV-1).
-- Grain: each row of ledger_accountingperiod and ledger_numberseries. Repeating: renewed.

CREATE OR REPLACE FUNCTION ledger_guard_period() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    needed text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('F45', 'ledger_accountingperiod_is_kept', 'an accounting period is never deleted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'OPEN' THEN
            PERFORM refuse('F45', 'ledger_accountingperiod_starts_open', 'an accounting period starts open');
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.entity_id, OLD.period) IS DISTINCT FROM (NEW.entity_id, NEW.period) THEN
        PERFORM refuse('F45', 'ledger_accountingperiod_is_kept',
            'the dates of an accounting period do not change');
    END IF;
    IF OLD.state = NEW.state THEN RETURN NEW; END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('OPEN', 'SOFT_CLOSED'), ('SOFT_CLOSED', 'OPEN'), ('SOFT_CLOSED', 'CLOSED'), ('CLOSED', 'OPEN')
    ) THEN
        PERFORM refuse('F45', 'ledger_accountingperiod_steps',
            format('an accounting period does not go from %s to %s', OLD.state, NEW.state));
    END IF;
    needed := CASE
        WHEN NEW.state = 'CLOSED' THEN 'ledger.close_period'
        WHEN OLD.state = 'CLOSED' THEN 'ledger.reopen_period'
    END;
    IF needed IS NOT NULL AND (
        NEW.approval_id IS NOT DISTINCT FROM OLD.approval_id
        OR NOT EXISTS (
            SELECT FROM audit_approvalrequest AS r
            WHERE r.id = NEW.approval_id AND r.action = needed AND r.state = 'USED'
              AND r.subject_type = 'ledger.accountingperiod' AND r.subject_id = NEW.id
        )
    ) THEN
        PERFORM refuse('F45', 'ledger_accountingperiod_needs_two',
            'closing or reopening a period needs a used approval of its own');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS ledger_accountingperiod_guard ON ledger_accountingperiod;
CREATE TRIGGER ledger_accountingperiod_guard BEFORE INSERT OR UPDATE OR DELETE
    ON ledger_accountingperiod FOR EACH ROW EXECUTE FUNCTION ledger_guard_period();
ALTER TABLE ledger_accountingperiod ENABLE ALWAYS TRIGGER ledger_accountingperiod_guard;

CREATE OR REPLACE FUNCTION ledger_guard_series() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('INV-1', 'ledger_numberseries_is_kept', 'a number series is never deleted');
    ELSIF TG_OP = 'INSERT' AND NEW.next_no <> 1 THEN
        PERFORM refuse('INV-1', 'ledger_numberseries_starts_at_one', 'a number series starts at 1');
    ELSIF TG_OP = 'UPDATE' AND NEW.next_no < OLD.next_no THEN
        PERFORM refuse('INV-1', 'ledger_numberseries_only_grows',
            format('series %s of %s stands at %s and never goes back to %s',
                   OLD.doc_type, OLD.fiscal_year, OLD.next_no, NEW.next_no));
    ELSIF TG_OP = 'UPDATE' AND OLD.next_no > 1 AND
          (OLD.entity_id, OLD.doc_type, OLD.fiscal_year, OLD.prefix, OLD.width)
          IS DISTINCT FROM
          (NEW.entity_id, NEW.doc_type, NEW.fiscal_year, NEW.prefix, NEW.width) THEN
        PERFORM refuse('INV-1', 'ledger_numberseries_keeps_its_shape',
            'a series from which numbers were drawn keeps its prefix and width');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS ledger_numberseries_guard ON ledger_numberseries;
CREATE TRIGGER ledger_numberseries_guard BEFORE INSERT OR UPDATE OR DELETE
    ON ledger_numberseries FOR EACH ROW EXECUTE FUNCTION ledger_guard_series();
ALTER TABLE ledger_numberseries ENABLE ALWAYS TRIGGER ledger_numberseries_guard;

SELECT refuse_truncate('ledger_accountingperiod');
SELECT refuse_truncate('ledger_numberseries');
SELECT audit_track('ledger_accountingperiod');

-- reverse:
DROP FUNCTION IF EXISTS ledger_guard_series() CASCADE;
DROP FUNCTION IF EXISTS ledger_guard_period() CASCADE;
DROP TRIGGER IF EXISTS ledger_accountingperiod_history ON ledger_accountingperiod;
DROP TRIGGER IF EXISTS ledger_accountingperiod_no_truncate ON ledger_accountingperiod;
DROP TRIGGER IF EXISTS ledger_numberseries_no_truncate ON ledger_numberseries;
