-- Purpose: at commit, a batch is the sum of its payments and receipts (I-19); control totals are a
--          check on the same row, so a file that disagrees cannot be recorded (PAY-10).
-- Grain: one batch, at the end of the transaction that wrote it. Repeating: not applicable.

CREATE FUNCTION payments_batch_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid record;
    waiting record;
BEGIN
    SELECT count(*) AS n, coalesce(sum(amount), 0) AS total,
           count(*) FILTER (WHERE currency <> NEW.currency OR entity_id <> NEW.entity_id) AS alien
      INTO paid FROM payments_payment WHERE batch_id = NEW.id;
    SELECT count(*) AS n, coalesce(sum(amount), 0) AS total,
           count(*) FILTER (WHERE currency <> NEW.currency OR entity_id <> NEW.entity_id) AS alien
      INTO waiting FROM payments_unidentifiedreceipt WHERE batch_id = NEW.id;
    IF paid.n <> NEW.payment_count OR paid.total <> NEW.payment_amount
       OR waiting.n <> NEW.unidentified_count OR waiting.total <> NEW.unidentified_amount
       OR paid.alien + waiting.alien > 0 THEN
        PERFORM refuse('I-19', 'payments_paymentbatch_is_sum_of_rows',
            'a payment batch is the sum of its payments and receipts');
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER payments_paymentbatch_is_sum_of_rows
    AFTER INSERT ON payments_paymentbatch
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payments_batch_agrees();
ALTER TABLE payments_paymentbatch ENABLE ALWAYS TRIGGER payments_paymentbatch_is_sum_of_rows;

-- reverse:
DROP TRIGGER IF EXISTS payments_paymentbatch_is_sum_of_rows ON payments_paymentbatch;
DROP FUNCTION IF EXISTS payments_batch_agrees();
