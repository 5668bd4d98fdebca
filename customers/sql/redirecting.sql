-- A charge is redirected to an account of the same legal entity and currency only (HIER-8, HIER-6);
-- what has begun is kept as it was agreed and may only end. Never deleted.
CREATE FUNCTION customers_judge_redirection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM customers_account a JOIN customers_account b ON b.id = NEW.payer_id
        WHERE a.id = NEW.account_id
          AND (a.entity_id, a.currency) = (b.entity_id, b.currency) AND a.currency = NEW.currency
    ) THEN
        PERFORM refuse('HIER-8', 'customers_chargeredirection_same_money',
            'charges go to an account of the same legal entity and currency only');
    END IF;
    IF TG_OP = 'UPDATE' AND (
        (OLD.account_id, OLD.subscription_id, OLD.product_id, OLD.section, OLD.payer_id,
         OLD.currency, OLD.cap, lower(OLD.valid))
        IS DISTINCT FROM
        (NEW.account_id, NEW.subscription_id, NEW.product_id, NEW.section, NEW.payer_id,
         NEW.currency, NEW.cap, lower(NEW.valid))
    ) THEN
        PERFORM refuse('HIER-8', 'customers_chargeredirection_kept',
            'a redirection is not rewritten; end it and agree a new one');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_chargeredirection_sound
    BEFORE INSERT OR UPDATE ON customers_chargeredirection
    FOR EACH ROW EXECUTE FUNCTION customers_judge_redirection();
CREATE TRIGGER customers_chargeredirection_never_deleted
    BEFORE DELETE ON customers_chargeredirection
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();
-- reverse:
DROP TRIGGER customers_chargeredirection_never_deleted ON customers_chargeredirection;
DROP TRIGGER customers_chargeredirection_sound ON customers_chargeredirection;
DROP FUNCTION customers_judge_redirection();
