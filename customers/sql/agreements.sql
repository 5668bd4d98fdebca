-- Agreed prices follow their contract: node and force come from it, days lie inside it. A price in
-- force is never rewritten; it can only end earlier. A certificate that waits for approval or was
-- approved is kept as it was sent.
CREATE FUNCTION customers_follow_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed customers_contract%ROWTYPE;
BEGIN
    SELECT * INTO signed FROM customers_contract WHERE id = NEW.contract_id;
    NEW.account_id := signed.account_id;
    NEW.in_force := signed.state = 'SIGNED';
    IF NOT signed.valid @> NEW.valid THEN
        PERFORM refuse('PRC-2', 'customers_contractprice_inside_contract', format(
            'the price is agreed for %s, contract %s runs %s',
            NEW.valid, signed.number, signed.valid));
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.in_force AND (
        (OLD.contract_id, OLD.charge_id, OLD.product_id, OLD.currency, OLD.kind, OLD.unit_price,
         OLD.percent_off, lower(OLD.valid))
        IS DISTINCT FROM
        (NEW.contract_id, NEW.charge_id, NEW.product_id, NEW.currency, NEW.kind, NEW.unit_price,
         NEW.percent_off, lower(NEW.valid))
        OR NOT OLD.valid @> NEW.valid
    ) THEN
        PERFORM refuse('PRC-2', 'customers_contractprice_kept',
            'a price in force is not rewritten; end it and agree a new one');
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION customers_contract_state_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE customers_contractprice SET in_force = (NEW.state = 'SIGNED')
        WHERE contract_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_keep_contract_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.in_force THEN
        PERFORM refuse('PRC-2', TG_NAME, 'a price in force is not deleted; end it');
    END IF;
    RETURN OLD;
END
$$;

CREATE FUNCTION customers_keep_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('DRAFT', 'REJECTED') AND (
        (OLD.number, OLD.account_id, OLD.jurisdiction_id, OLD.tax_type_id, OLD.category_code,
         OLD.percent, OLD.valid, OLD.flows_down, OLD.requested_by_id)
        IS DISTINCT FROM
        (NEW.number, NEW.account_id, NEW.jurisdiction_id, NEW.tax_type_id, NEW.category_code,
         NEW.percent, NEW.valid, NEW.flows_down, NEW.requested_by_id)
    ) THEN
        PERFORM refuse('TAX-6', TG_NAME, 'a certificate sent for approval is kept as it was sent');
    END IF;
    IF OLD.state = 'REVOKED' AND (OLD.revoked_from, OLD.revoked_reason)
        IS DISTINCT FROM (NEW.revoked_from, NEW.revoked_reason) THEN
        PERFORM refuse('TAX-6', TG_NAME, 'from which day a certificate was revoked is kept');
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER customers_contractprice_follows_contract
    BEFORE INSERT OR UPDATE ON customers_contractprice
    FOR EACH ROW EXECUTE FUNCTION customers_follow_contract();
CREATE TRIGGER customers_contractprice_kept
    BEFORE DELETE ON customers_contractprice
    FOR EACH ROW EXECUTE FUNCTION customers_keep_contract_price();
CREATE TRIGGER customers_contract_state_changed
    AFTER UPDATE OF state ON customers_contract
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION customers_contract_state_changed();
CREATE TRIGGER customers_exemptioncertificate_kept
    BEFORE UPDATE ON customers_exemptioncertificate
    FOR EACH ROW EXECUTE FUNCTION customers_keep_certificate();
-- reverse:
DROP TRIGGER customers_exemptioncertificate_kept ON customers_exemptioncertificate;
DROP TRIGGER customers_contract_state_changed ON customers_contract;
DROP TRIGGER customers_contractprice_kept ON customers_contractprice;
DROP TRIGGER customers_contractprice_follows_contract ON customers_contractprice;
DROP FUNCTION customers_keep_certificate();
DROP FUNCTION customers_keep_contract_price();
DROP FUNCTION customers_contract_state_changed();
DROP FUNCTION customers_follow_contract();
