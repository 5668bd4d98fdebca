-- Bundles: a component belongs to one bundle of its account for good, and lives within its days: it
-- begins no earlier and ends no later (BND-4), judged at the end of the transaction, which ends them
-- together. In an order, the item of a component follows an item of the same order.
CREATE FUNCTION customers_judge_component() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('BND-3', TG_NAME, format(
            'subscription %s is a part of its bundle for good, or of none', OLD.number));
    END IF;
    SELECT number, account_id INTO whole FROM customers_subscription WHERE id = NEW.bundle_id;
    IF whole.account_id <> NEW.account_id OR NEW.bundle_id = NEW.id THEN
        PERFORM refuse('BND-3', TG_NAME, format(
            'bundle %s belongs to another account', whole.number));
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_judge_bundle_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray record;
BEGIN
    SELECT part.number, whole.number AS bundle INTO stray
    FROM customers_subscription part
    JOIN customers_subscription whole ON whole.id = part.bundle_id
    WHERE (part.id = NEW.id OR part.bundle_id = NEW.id) AND part.state <> 'CANCELLED'
      AND (whole.state = 'CANCELLED' OR part.effective_on < whole.effective_on
           OR coalesce(part.end_on, 'infinity') > coalesce(whole.end_on, 'infinity'))
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('BND-4', TG_NAME, format(
            'subscription %s is a part of %s and lives within its days', stray.number,
            stray.bundle));
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_judge_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM customers_orderitem
        WHERE id = NEW.part_of_id AND order_id = NEW.order_id AND seq < NEW.seq;
    IF NOT FOUND THEN
        PERFORM refuse('BND-2', TG_NAME,
            'the item of a component follows an item of the same order');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_subscription_keeps_bundle
    BEFORE UPDATE OF bundle_id ON customers_subscription
    FOR EACH ROW WHEN (OLD.bundle_id IS DISTINCT FROM NEW.bundle_id)
    EXECUTE FUNCTION customers_judge_component();
CREATE TRIGGER customers_subscription_joins_bundle
    BEFORE INSERT ON customers_subscription
    FOR EACH ROW WHEN (NEW.bundle_id IS NOT NULL) EXECUTE FUNCTION customers_judge_component();
CREATE CONSTRAINT TRIGGER customers_subscription_within_bundle
    AFTER INSERT ON customers_subscription DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.bundle_id IS NOT NULL)
    EXECUTE FUNCTION customers_judge_bundle_days();
CREATE CONSTRAINT TRIGGER customers_subscription_stays_within_bundle
    AFTER UPDATE ON customers_subscription DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        (OLD.effective_on, OLD.end_on) IS DISTINCT FROM (NEW.effective_on, NEW.end_on)
        OR (OLD.state <> NEW.state AND 'CANCELLED' IN (OLD.state, NEW.state))
    ) EXECUTE FUNCTION customers_judge_bundle_days();
CREATE TRIGGER customers_orderitem_follows_bundle
    BEFORE INSERT OR UPDATE OF part_of_id, order_id, seq ON customers_orderitem
    FOR EACH ROW WHEN (NEW.part_of_id IS NOT NULL) EXECUTE FUNCTION customers_judge_part();
-- reverse:
DROP TRIGGER customers_orderitem_follows_bundle ON customers_orderitem;
DROP TRIGGER customers_subscription_stays_within_bundle ON customers_subscription;
DROP TRIGGER customers_subscription_within_bundle ON customers_subscription;
DROP TRIGGER customers_subscription_joins_bundle ON customers_subscription;
DROP TRIGGER customers_subscription_keeps_bundle ON customers_subscription;
DROP FUNCTION customers_judge_part();
DROP FUNCTION customers_judge_bundle_days();
DROP FUNCTION customers_judge_component();
