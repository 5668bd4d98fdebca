-- Purpose: a payment keeps its figures for ever; only a reversal row turns its state, once (J17).
-- Grain: one row. Repeating: not applicable.

CREATE FUNCTION payments_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM refuse('J13', 'payments_payment_never_removed', 'payments are never removed');
    END IF;
    IF to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state' THEN
        PERFORM refuse('J13', 'payments_payment_keeps_figures',
            'a recorded payment keeps its figures: reverse it and record it again');
    END IF;
    IF NEW.state <> OLD.state AND NOT (
        OLD.state = 'RECEIVED' AND NEW.state = 'REVERSED'
        AND EXISTS (SELECT 1 FROM payments_paymentreversal r WHERE r.payment_id = NEW.id)
    ) THEN
        PERFORM refuse('J17', 'payments_payment_turned_by_reversal',
            'only a reversal turns a payment, and only once');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION payments_start_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'RECEIVED' THEN
        PERFORM refuse('J13', 'payments_payment_starts_received', 'a payment starts as received');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_payment_starts_received
    BEFORE INSERT ON payments_payment FOR EACH ROW EXECUTE FUNCTION payments_start_payment();
CREATE TRIGGER payments_payment_guarded
    BEFORE UPDATE OR DELETE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payments_guard_payment();
CREATE TRIGGER payments_payment_kept
    BEFORE TRUNCATE ON payments_payment
    FOR EACH STATEMENT EXECUTE FUNCTION payments_guard_payment();
ALTER TABLE payments_payment ENABLE ALWAYS TRIGGER payments_payment_starts_received;
ALTER TABLE payments_payment ENABLE ALWAYS TRIGGER payments_payment_guarded;
ALTER TABLE payments_payment ENABLE ALWAYS TRIGGER payments_payment_kept;

-- reverse:
DROP TRIGGER IF EXISTS payments_payment_kept ON payments_payment;
DROP TRIGGER IF EXISTS payments_payment_guarded ON payments_payment;
DROP TRIGGER IF EXISTS payments_payment_starts_received ON payments_payment;
DROP FUNCTION IF EXISTS payments_start_payment();
DROP FUNCTION IF EXISTS payments_guard_payment();
