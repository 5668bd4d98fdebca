-- The dated tree stays a tree (HIER-1, HIER-2), judged when the transaction commits:
-- positions cover the whole life of an account; a parent is open while it is one; nobody hangs
-- below himself on any day; a non-payer has the entity and currency of its parent, hence of its
-- payer. Writers hold the tree lock, so two of them cannot each be right and wrong together.
CREATE FUNCTION customers_judge_positions(of_account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    node customers_account%ROWTYPE;
    covered datemultirange;
    bad record;
BEGIN
    SELECT * INTO node FROM customers_account WHERE id = of_account;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT range_agg(valid) INTO covered FROM customers_accountposition
        WHERE account_id = of_account;
    IF covered IS DISTINCT FROM datemultirange(daterange(node.opened_on, node.closed_on)) THEN
        PERFORM refuse('I-20', 'customers_accountposition_covers_life', format(
            'the positions of account %s cover %s, its life is %s',
            node.number, coalesce(covered::text, 'nothing'),
            daterange(node.opened_on, node.closed_on)));
    END IF;
    SELECT p.valid, a.number INTO bad
        FROM customers_accountposition p JOIN customers_account a ON a.id = p.parent_id
        WHERE p.account_id = of_account
          AND NOT daterange(a.opened_on, a.closed_on) @> p.valid
        LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('HIER-1', 'customers_accountposition_parent_open', format(
            'account %s is not open on all days of %s', bad.number, bad.valid));
    END IF;
    SELECT a.number INTO bad
        FROM customers_accountposition p JOIN customers_account a ON a.id = p.parent_id
        WHERE p.account_id = of_account AND p.role = 'NON_PAYER'
          AND (a.currency, a.entity_id) IS DISTINCT FROM (node.currency, node.entity_id)
        LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('HIER-6', 'customers_accountposition_same_money', format(
            'account %s cannot pay for %s: other currency or legal entity',
            bad.number, node.number));
    END IF;
    IF EXISTS (
        WITH RECURSIVE up AS (
            SELECT p.parent_id AS node_id, p.valid FROM customers_accountposition p
            WHERE p.account_id = of_account AND p.parent_id IS NOT NULL
            UNION
            SELECT p.parent_id, p.valid * up.valid
            FROM up JOIN customers_accountposition p
              ON p.account_id = up.node_id AND p.valid && up.valid
            WHERE p.parent_id IS NOT NULL AND up.node_id <> of_account
        )
        SELECT FROM up WHERE node_id = of_account
    ) THEN
        PERFORM refuse('HIER-1', 'customers_accountposition_no_circle', format(
            'account %s would hang below itself', node.number));
    END IF;
END
$$;

CREATE FUNCTION customers_position_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customers_judge_positions(coalesce(NEW.account_id, OLD.account_id));
    IF TG_OP = 'UPDATE' AND NEW.account_id <> OLD.account_id THEN
        PERFORM customers_judge_positions(OLD.account_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_account_life_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    child customers_accountposition%ROWTYPE;
BEGIN
    PERFORM customers_judge_positions(NEW.id);
    SELECT * INTO child FROM customers_accountposition
        WHERE parent_id = NEW.id AND NOT daterange(NEW.opened_on, NEW.closed_on) @> valid
        LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('HIER-9', 'customers_account_no_orphans', format(
            'accounts still hang below %s after it closes', NEW.number));
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER customers_accountposition_forms_tree
    AFTER INSERT OR UPDATE OR DELETE ON customers_accountposition
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION customers_position_changed();
CREATE CONSTRAINT TRIGGER customers_account_has_position
    AFTER INSERT OR UPDATE OF opened_on, closed_on ON customers_account
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION customers_account_life_changed();

-- HIER-2: the nearest account-or-ancestor that pays on the day; NULL when not open then.
CREATE FUNCTION customers_payer_of(of_account bigint, on_date date) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT p.account_id, p.parent_id, p.role, 0 AS distance
        FROM customers_accountposition p
        WHERE p.account_id = $1 AND p.valid @> $2
        UNION ALL
        SELECT p.account_id, p.parent_id, p.role, up.distance + 1
        FROM up JOIN customers_accountposition p
          ON p.account_id = up.parent_id AND p.valid @> $2
        WHERE up.role <> 'PAYER' AND up.distance < 64
    )
    SELECT account_id FROM up WHERE role = 'PAYER' ORDER BY distance LIMIT 1
$$;

-- PRC-2: the price book of the nearest account-or-ancestor that has one on the day.
CREATE FUNCTION customers_pricebook_of(of_account bigint, on_date date) RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT a.id, a.pricebook_id, 0 AS distance FROM customers_account a WHERE a.id = $1
        UNION ALL
        SELECT a.id, a.pricebook_id, up.distance + 1
        FROM up JOIN customers_accountposition p ON p.account_id = up.id AND p.valid @> $2
        JOIN customers_account a ON a.id = p.parent_id
        WHERE up.pricebook_id IS NULL AND up.distance < 64
    )
    SELECT pricebook_id FROM up WHERE pricebook_id IS NOT NULL ORDER BY distance LIMIT 1
$$;
-- reverse:
DROP FUNCTION customers_pricebook_of(bigint, date);
DROP FUNCTION customers_payer_of(bigint, date);
DROP TRIGGER customers_account_has_position ON customers_account;
DROP TRIGGER customers_accountposition_forms_tree ON customers_accountposition;
DROP FUNCTION customers_account_life_changed();
DROP FUNCTION customers_position_changed();
DROP FUNCTION customers_judge_positions(bigint);
