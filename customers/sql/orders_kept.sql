-- What was ordered is kept as ordered: items, own prices and identifiers change only while the
-- order is a draft. Later an item only learns its subscription and the one after a
-- transfer (once), its fulfilment day and the
-- day on which it was withdrawn (once).
CREATE FUNCTION customers_order_is_draft(of_order bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT state = 'DRAFT' FROM customers_order WHERE id = $1), true)
$$;

CREATE FUNCTION customers_keep_order_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF customers_order_is_draft(CASE WHEN TG_OP = 'INSERT' THEN NEW.order_id ELSE OLD.order_id END)
    THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE'
       AND (OLD.subscription_id IS NULL OR NEW.subscription_id = OLD.subscription_id)
       AND (OLD.successor_id IS NULL OR NEW.successor_id = OLD.successor_id)
       AND (OLD.withdrawn_on IS NULL OR NEW.withdrawn_on = OLD.withdrawn_on)
       AND to_jsonb(NEW) - '{subscription_id,successor_id,fulfilled_on,withdrawn_on}'::text[]
         = to_jsonb(OLD) - '{subscription_id,successor_id,fulfilled_on,withdrawn_on}'::text[] THEN
        RETURN NEW;
    END IF;
    PERFORM refuse('ORD-17', TG_NAME, 'a submitted order is kept as it was ordered');
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_keep_order_detail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_item bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.item_id ELSE OLD.item_id END;
BEGIN
    IF NOT customers_order_is_draft(
        (SELECT order_id FROM customers_orderitem WHERE id = of_item)) THEN
        PERFORM refuse('ORD-17', TG_NAME, 'a submitted order is kept as it was ordered');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER customers_orderitem_kept
    BEFORE INSERT OR UPDATE OR DELETE ON customers_orderitem
    FOR EACH ROW EXECUTE FUNCTION customers_keep_order_item();
CREATE TRIGGER customers_orderitemprice_kept
    BEFORE INSERT OR UPDATE OR DELETE ON customers_orderitemprice
    FOR EACH ROW EXECUTE FUNCTION customers_keep_order_detail();
CREATE TRIGGER customers_orderitemidentifier_kept
    BEFORE INSERT OR UPDATE OR DELETE ON customers_orderitemidentifier
    FOR EACH ROW EXECUTE FUNCTION customers_keep_order_detail();
CREATE TRIGGER customers_orderitemdiscount_kept
    BEFORE INSERT OR UPDATE OR DELETE ON customers_orderitemdiscount
    FOR EACH ROW EXECUTE FUNCTION customers_keep_order_detail();
-- reverse:
DROP TRIGGER customers_orderitemdiscount_kept ON customers_orderitemdiscount;
DROP TRIGGER customers_orderitemidentifier_kept ON customers_orderitemidentifier;
DROP TRIGGER customers_orderitemprice_kept ON customers_orderitemprice;
DROP TRIGGER customers_orderitem_kept ON customers_orderitem;
DROP FUNCTION customers_keep_order_detail();
DROP FUNCTION customers_keep_order_item();
DROP FUNCTION customers_order_is_draft(bigint);
