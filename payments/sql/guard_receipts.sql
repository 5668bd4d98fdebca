-- Purpose: a receipt keeps its figures; its owner is named once (J14); it is never removed.
-- Grain: one row. Repeating: not applicable.

CREATE FUNCTION payments_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['state', 'payment_id', 'identified_on', 'next_step', 'next_step_on', 'note'];
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM refuse('J14', 'payments_receipt_never_removed', 'receipts are never removed');
    END IF;
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        PERFORM refuse('J14', 'payments_receipt_keeps_figures', 'a receipt keeps its figures');
    END IF;
    IF OLD.state = 'IDENTIFIED' AND (
        NEW.state <> OLD.state OR NEW.payment_id IS DISTINCT FROM OLD.payment_id
        OR NEW.identified_on IS DISTINCT FROM OLD.identified_on
    ) THEN
        PERFORM refuse('J14', 'payments_receipt_identified_once',
            'the owner of a receipt is named once: reverse the payment and record it again');
    END IF;
    IF NEW.payment_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM payments_payment p
         WHERE p.id = NEW.payment_id AND p.entity_id = NEW.entity_id
           AND p.currency = NEW.currency AND p.amount = NEW.amount
    ) THEN
        PERFORM refuse('J14', 'payments_receipt_payment_agrees',
            'the payment of a receipt has its entity, currency and amount');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_receipt_guarded
    BEFORE UPDATE OR DELETE ON payments_unidentifiedreceipt
    FOR EACH ROW EXECUTE FUNCTION payments_guard_receipt();
CREATE TRIGGER payments_receipt_kept
    BEFORE TRUNCATE ON payments_unidentifiedreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION payments_guard_receipt();
ALTER TABLE payments_unidentifiedreceipt ENABLE ALWAYS TRIGGER payments_receipt_guarded;
ALTER TABLE payments_unidentifiedreceipt ENABLE ALWAYS TRIGGER payments_receipt_kept;

-- reverse:
DROP TRIGGER IF EXISTS payments_receipt_kept ON payments_unidentifiedreceipt;
DROP TRIGGER IF EXISTS payments_receipt_guarded ON payments_unidentifiedreceipt;
DROP FUNCTION IF EXISTS payments_guard_receipt();
