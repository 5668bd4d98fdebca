-- States move only along the arrows of rules/states.py, and begin at the first (2.11). The
-- trigger arguments are the arrows, `OLD>NEW`; the first is the state of a new row.
CREATE FUNCTION customers_guard_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> TG_ARGV[0] THEN
            PERFORM refuse('STATE', TG_NAME, format('this begins as %s, not as %s',
                TG_ARGV[0], NEW.state));
        END IF;
    ELSIF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state = ANY (TG_ARGV)) THEN
        PERFORM refuse('STATE', TG_NAME, format('%s cannot become %s', OLD.state, NEW.state));
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_order_state_moves
    BEFORE INSERT OR UPDATE OF state ON customers_order
    FOR EACH ROW EXECUTE FUNCTION customers_guard_state(
        'DRAFT', 'DRAFT>SUBMITTED', 'DRAFT>COMPLETED', 'DRAFT>CANCELLED',
        'DRAFT>PENDING_APPROVAL', 'PENDING_APPROVAL>DRAFT', 'PENDING_APPROVAL>CANCELLED',
        'SUBMITTED>COMPLETED', 'SUBMITTED>CANCELLED');
CREATE TRIGGER customers_subscription_state_moves
    BEFORE INSERT OR UPDATE OF state ON customers_subscription
    FOR EACH ROW EXECUTE FUNCTION customers_guard_state(
        'PENDING', 'PENDING>TRIAL', 'PENDING>ACTIVE', 'PENDING>CANCELLED',
        'TRIAL>ACTIVE', 'TRIAL>SUSPENDED', 'TRIAL>TERMINATED', 'TRIAL>PENDING_END',
        'ACTIVE>SUSPENDED', 'ACTIVE>PENDING_END', 'ACTIVE>TERMINATED',
        'SUSPENDED>ACTIVE', 'SUSPENDED>TRIAL', 'SUSPENDED>PENDING_END',
        'SUSPENDED>TERMINATED',
        'PENDING_END>ACTIVE', 'PENDING_END>TRIAL', 'PENDING_END>SUSPENDED',
        'PENDING_END>TERMINATED', 'TERMINATED>ACTIVE');
CREATE TRIGGER customers_contract_state_moves
    BEFORE INSERT OR UPDATE OF state ON customers_contract
    FOR EACH ROW EXECUTE FUNCTION customers_guard_state(
        'DRAFT', 'DRAFT>SIGNED', 'SIGNED>EXPIRED', 'SIGNED>TERMINATED');
CREATE TRIGGER customers_exemptioncertificate_state_moves
    BEFORE INSERT OR UPDATE OF state ON customers_exemptioncertificate
    FOR EACH ROW EXECUTE FUNCTION customers_guard_state(
        'DRAFT', 'DRAFT>PENDING', 'PENDING>APPROVED', 'PENDING>REJECTED',
        'REJECTED>PENDING', 'APPROVED>REVOKED');
-- reverse:
DROP TRIGGER customers_exemptioncertificate_state_moves ON customers_exemptioncertificate;
DROP TRIGGER customers_contract_state_moves ON customers_contract;
DROP TRIGGER customers_subscription_state_moves ON customers_subscription;
DROP TRIGGER customers_order_state_moves ON customers_order;
DROP FUNCTION customers_guard_state();
