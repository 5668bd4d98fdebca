-- Purpose: one receipt of money is recorded once, as a payment or as an unidentified receipt, never
--          as both: the sender's id is unique over the two tables (each has its own unique key).
-- Grain: one row with an external id. Repeating: not applicable.
-- Locks: the id, for the transaction, so that two sessions cannot pass each other.

CREATE FUNCTION payments_external_id_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known boolean;
BEGIN
    IF NEW.external_id = '' THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(
        concat_ws(':', 'payments.external_id', NEW.entity_id, NEW.tender_id, NEW.external_id), 0));
    IF TG_TABLE_NAME = 'payments_payment' THEN
        SELECT EXISTS (SELECT 1 FROM payments_unidentifiedreceipt o
                        WHERE o.entity_id = NEW.entity_id AND o.tender_id = NEW.tender_id
                          AND o.external_id = NEW.external_id) INTO known;
    ELSE
        SELECT EXISTS (SELECT 1 FROM payments_payment o
                        WHERE o.entity_id = NEW.entity_id AND o.tender_id = NEW.tender_id
                          AND o.external_id = NEW.external_id) INTO known;
    END IF;
    IF known THEN
        PERFORM refuse('PAY-10', TG_NAME, 'this receipt of money has been recorded already');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_payment_not_a_receipt
    BEFORE INSERT ON payments_payment FOR EACH ROW EXECUTE FUNCTION payments_external_id_once();
CREATE TRIGGER payments_receipt_not_a_payment
    BEFORE INSERT ON payments_unidentifiedreceipt
    FOR EACH ROW EXECUTE FUNCTION payments_external_id_once();
ALTER TABLE payments_payment ENABLE ALWAYS TRIGGER payments_payment_not_a_receipt;
ALTER TABLE payments_unidentifiedreceipt ENABLE ALWAYS TRIGGER payments_receipt_not_a_payment;

-- reverse:
DROP TRIGGER IF EXISTS payments_receipt_not_a_payment ON payments_unidentifiedreceipt;
DROP TRIGGER IF EXISTS payments_payment_not_a_receipt ON payments_payment;
DROP FUNCTION IF EXISTS payments_external_id_once();
