-- A change of the bill day that was ordered is not rewritten; once done or withdrawn it stays so,
-- and it is never deleted (PER-7).
CREATE FUNCTION invoicing_guard_cycle_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('PER-7', 'invoicing_cyclechange_is_kept',
            'a change of the bill day is withdrawn, not deleted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' THEN
            PERFORM refuse('PER-7', 'invoicing_cyclechange_starts_pending',
                'a change of the bill day begins by waiting');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'PENDING' THEN
        PERFORM refuse('PER-7', 'invoicing_cyclechange_is_final',
            format('the change of the bill day is %s: nothing more happens to it',
                lower(OLD.state)));
    END IF;
    IF (OLD.account_id, OLD.cycle_id, OLD.day, OLD.boundary)
       IS DISTINCT FROM (NEW.account_id, NEW.cycle_id, NEW.day, NEW.boundary) THEN
        PERFORM refuse('PER-7', 'invoicing_cyclechange_is_bound',
            'what was ordered does not change afterwards; withdraw it and order anew');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_cyclechange_guard
    BEFORE INSERT OR UPDATE OR DELETE ON invoicing_cyclechange
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_cycle_change();
ALTER TABLE invoicing_cyclechange ENABLE ALWAYS TRIGGER invoicing_cyclechange_guard;
SELECT refuse_truncate('invoicing_cyclechange');

-- reverse:
DROP FUNCTION IF EXISTS invoicing_guard_cycle_change() CASCADE;
