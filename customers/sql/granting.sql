-- A discount that was given and an amount that was promised are kept as they were agreed: they may only end
-- earlier, and a discount goes the way PENDING > GRANTED or REJECTED, PENDING or GRANTED > WITHDRAWN. Money off
-- is in the currency of the account; a subscription is the account's own. Never deleted. A coupon's use keeps
-- what it was, and may be given back once.
CREATE FUNCTION customers_judge_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM customers_account a JOIN catalog_discountdef d ON d.id = NEW.discount_id
        WHERE a.id = NEW.account_id AND d.currency IN ('', a.currency)
    ) OR (NEW.subscription_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_subscription s
        WHERE s.id = NEW.subscription_id AND s.account_id = NEW.account_id)
    ) OR (NEW.subscription_charge_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_subscriptioncharge c
        WHERE c.id = NEW.subscription_charge_id AND c.subscription_id = NEW.subscription_id)
    ) THEN
        PERFORM refuse('DSC-3', 'customers_granteddiscount_same_money',
            'a discount is given to an account''s own subscription or a charge of it, in the account''s currency');
    END IF;
    IF NEW.value IS NOT NULL AND NOT EXISTS (
        SELECT FROM catalog_discountdef d
        WHERE d.id = NEW.discount_id
          AND (d.kind = 'AMOUNT' OR d.kind = 'PERCENT' AND NEW.value <= 1)
    ) THEN
        PERFORM refuse('ADJ-1', 'customers_granteddiscount_value_fits',
            'an adjustment is an amount, or a part up to all');
    END IF;
    IF TG_OP = 'UPDATE' AND (
        OLD.state || '>' || NEW.state NOT IN (
            'PENDING>PENDING', 'PENDING>GRANTED', 'PENDING>REJECTED', 'PENDING>WITHDRAWN',
            'GRANTED>GRANTED', 'GRANTED>WITHDRAWN', 'REJECTED>REJECTED', 'WITHDRAWN>WITHDRAWN')
        OR (OLD.account_id, OLD.subscription_id, OLD.subscription_charge_id, OLD.discount_id,
            OLD.value, OLD.coupon_id, OLD.periods, OLD.order_item_id, OLD.requested_by_id,
            lower(OLD.valid))
           IS DISTINCT FROM
           (NEW.account_id, NEW.subscription_id, NEW.subscription_charge_id, NEW.discount_id,
            NEW.value, NEW.coupon_id, NEW.periods, NEW.order_item_id, NEW.requested_by_id,
            lower(NEW.valid))
    ) THEN
        PERFORM refuse('DSC-3', 'customers_granteddiscount_kept',
            'a discount that was given is not rewritten; end it and give another one');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_judge_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM customers_account a
        JOIN customers_contract k ON k.id = NEW.contract_id AND k.account_id = a.id
        JOIN catalog_commitmentspec s ON s.id = NEW.spec_id
        WHERE a.id = NEW.account_id AND a.currency = NEW.currency AND s.currency = NEW.currency
    ) THEN
        PERFORM refuse('COM-1', 'customers_contractcommitment_same_money',
            'a commitment is agreed with the account of its contract, in its currency');
    END IF;
    IF TG_OP = 'UPDATE' AND (
        (OLD.contract_id, OLD.account_id, OLD.spec_id, OLD.amount, OLD.currency, lower(OLD.valid))
        IS DISTINCT FROM
        (NEW.contract_id, NEW.account_id, NEW.spec_id, NEW.amount, NEW.currency, lower(NEW.valid))
        OR NOT OLD.valid @> NEW.valid
    ) THEN
        PERFORM refuse('COM-1', 'customers_contractcommitment_kept',
            'a commitment is not rewritten; end it and agree another one');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_keep_redemption() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.given_back_at IS NOT NULL
       OR (OLD.coupon_id, OLD.account_id, OLD.grant_id, OLD.redeemed_at)
          IS DISTINCT FROM (NEW.coupon_id, NEW.account_id, NEW.grant_id, NEW.redeemed_at) THEN
        PERFORM refuse('DSC-3', 'customers_couponredemption_kept',
            'a use of a coupon is kept; it may be given back once');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_granteddiscount_sound
    BEFORE INSERT OR UPDATE ON customers_granteddiscount
    FOR EACH ROW EXECUTE FUNCTION customers_judge_grant();
CREATE TRIGGER customers_granteddiscount_never_deleted
    BEFORE DELETE ON customers_granteddiscount
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();
CREATE TRIGGER customers_contractcommitment_sound
    BEFORE INSERT OR UPDATE ON customers_contractcommitment
    FOR EACH ROW EXECUTE FUNCTION customers_judge_commitment();
CREATE TRIGGER customers_contractcommitment_never_deleted
    BEFORE DELETE ON customers_contractcommitment
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();
CREATE TRIGGER customers_couponredemption_kept
    BEFORE UPDATE OR DELETE ON customers_couponredemption
    FOR EACH ROW EXECUTE FUNCTION customers_keep_redemption();
-- reverse:
DROP TRIGGER customers_couponredemption_kept ON customers_couponredemption;
DROP TRIGGER customers_contractcommitment_never_deleted ON customers_contractcommitment;
DROP TRIGGER customers_contractcommitment_sound ON customers_contractcommitment;
DROP TRIGGER customers_granteddiscount_never_deleted ON customers_granteddiscount;
DROP TRIGGER customers_granteddiscount_sound ON customers_granteddiscount;
DROP FUNCTION customers_keep_redemption();
DROP FUNCTION customers_judge_commitment();
DROP FUNCTION customers_judge_grant();
