-- Purpose: a run goes the way of BR-1 and no other; what it looked at and who approved it stays as
-- it was; runs are never deleted. Room for updates in place on the rows that move (fillfactor).
-- Grain: each bill run. Repeating: CREATE OR REPLACE. Binds: none.
CREATE OR REPLACE FUNCTION invoicing_guard_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('BR-9', 'invoicing_billrun_is_kept', 'a bill run is never deleted');
    END IF;
    IF (OLD.id, OLD.kind, OLD.cycle_id, OLD.bill_date, OLD.cutoff_at, OLD.created_by_id)
       IS DISTINCT FROM
       (NEW.id, NEW.kind, NEW.cycle_id, NEW.bill_date, NEW.cutoff_at, NEW.created_by_id)
    THEN
        PERFORM refuse('BR-3', 'invoicing_billrun_is_frozen',
            'cycle, date, cutoff and creator of a run do not change');
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('CREATED', 'SELECTED'), ('SELECTED', 'CALCULATING'), ('CALCULATING', 'CALCULATED'),
        ('CALCULATED', 'IN_REVIEW'), ('IN_REVIEW', 'APPROVED'), ('APPROVED', 'POSTING'),
        ('POSTING', 'POSTED'), ('POSTED', 'CLOSED'),
        ('CALCULATED', 'CALCULATING'), ('IN_REVIEW', 'CALCULATING'), ('APPROVED', 'CALCULATING'),
        ('APPROVED', 'IN_REVIEW'),
        ('CREATED', 'CANCELLED'), ('SELECTED', 'CANCELLED'), ('CALCULATING', 'CANCELLED'),
        ('CALCULATED', 'CANCELLED'), ('IN_REVIEW', 'CANCELLED'), ('APPROVED', 'CANCELLED')
    ) THEN
        PERFORM refuse('BR-9', 'invoicing_billrun_steps',
            format('a bill run does not go from %s to %s', OLD.state, NEW.state));
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_billrun_guard
    BEFORE UPDATE OR DELETE ON invoicing_billrun
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_run();
ALTER TABLE invoicing_billrun ENABLE ALWAYS TRIGGER invoicing_billrun_guard;

CREATE OR REPLACE TRIGGER invoicing_billrunaccount_names_its_own
    AFTER INSERT ON invoicing_billrunaccount REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT
    EXECUTE FUNCTION require_parents('run_id', 'invoicing_billrun', 'payer_id', 'customers_account');
ALTER TABLE invoicing_billrunaccount ENABLE ALWAYS TRIGGER invoicing_billrunaccount_names_its_own;

CREATE OR REPLACE TRIGGER invoicing_billrunaccount_keeps_its_own
    BEFORE UPDATE OF run_id, payer_id ON invoicing_billrunaccount FOR EACH ROW
    WHEN ((OLD.run_id, OLD.payer_id) <> (NEW.run_id, NEW.payer_id))
    EXECUTE FUNCTION keep_parents();
ALTER TABLE invoicing_billrunaccount ENABLE ALWAYS TRIGGER invoicing_billrunaccount_keeps_its_own;

ALTER TABLE invoicing_billrunaccount SET (fillfactor = 60);
ALTER TABLE invoicing_billrunchunk SET (fillfactor = 50);
ALTER TABLE invoicing_invoice SET (fillfactor = 50);

SELECT refuse_truncate('invoicing_billrun');
SELECT make_append_only('invoicing_interimbill');
SELECT audit_track('invoicing_billcycle');
SELECT audit_track('invoicing_billrun');
SELECT audit_track('invoicing_memorequest');
SELECT audit_track('invoicing_cyclechange');

-- reverse:
DROP FUNCTION IF EXISTS invoicing_guard_run() CASCADE;
DROP TRIGGER IF EXISTS invoicing_billrunaccount_keeps_its_own ON invoicing_billrunaccount;
DROP TRIGGER IF EXISTS invoicing_billrunaccount_names_its_own ON invoicing_billrunaccount;
DROP TRIGGER IF EXISTS invoicing_billrun_no_truncate ON invoicing_billrun;
DROP TRIGGER IF EXISTS invoicing_interimbill_append_only ON invoicing_interimbill;
DROP TRIGGER IF EXISTS invoicing_interimbill_no_truncate ON invoicing_interimbill;
