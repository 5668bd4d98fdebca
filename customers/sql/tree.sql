-- HIER-7: tree columns and positions are written by one transaction at a time, the one that holds
-- the tree lock (`customers_tree_lock`, the same as foundation.locks "tree", "customers").
-- Also: an account is never deleted, and its number, entity and currency never change.
CREATE FUNCTION customers_tree_lock() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('tree:customers', 0))
$$;

CREATE FUNCTION customers_holds_tree_lock() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid::bigint = (hashtextextended('tree:customers', 0) >> 32) & 4294967295
          AND objid::bigint = hashtextextended('tree:customers', 0) & 4294967295
    )
$$;

CREATE FUNCTION customers_require_tree_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT customers_holds_tree_lock() THEN
        PERFORM refuse('HIER-7', TG_NAME, 'the account tree is changed under its lock only');
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION customers_require_tree_lock_when_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone JOIN come USING (id)
        WHERE (gone.parent_id, gone.role, gone.lft, gone.rght, gone.tree_id, gone.level,
               gone.unnumbered)
              IS DISTINCT FROM
              (come.parent_id, come.role, come.lft, come.rght, come.tree_id, come.level,
               come.unnumbered)
    ) AND NOT customers_holds_tree_lock() THEN
        PERFORM refuse('HIER-7', TG_NAME, 'the account tree is changed under its lock only');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER customers_account_tree_needs_lock_insert
    BEFORE INSERT ON customers_account
    FOR EACH STATEMENT EXECUTE FUNCTION customers_require_tree_lock();
CREATE TRIGGER customers_account_tree_needs_lock
    AFTER UPDATE ON customers_account REFERENCING OLD TABLE AS gone NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION customers_require_tree_lock_when_moved();
CREATE TRIGGER customers_accountposition_needs_lock
    BEFORE INSERT OR UPDATE OR DELETE ON customers_accountposition
    FOR EACH STATEMENT EXECUTE FUNCTION customers_require_tree_lock();

CREATE FUNCTION customers_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('KEPT', TG_NAME, 'this is kept for ever; close it instead');
    RETURN NULL;
END
$$;

CREATE TRIGGER customers_account_never_deleted
    BEFORE DELETE ON customers_account
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();
CREATE TRIGGER customers_subscription_never_deleted
    BEFORE DELETE ON customers_subscription
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();
CREATE TRIGGER customers_order_never_deleted
    BEFORE DELETE ON customers_order
    FOR EACH ROW EXECUTE FUNCTION customers_refuse_delete();

SELECT refuse_truncate('customers_account');

CREATE FUNCTION customers_account_keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('HIER-3', TG_NAME,
        'id, number, legal entity, currency and opening day of an account never change');
    RETURN NULL;
END
$$;

CREATE TRIGGER customers_account_keeps_identity
    BEFORE UPDATE ON customers_account
    FOR EACH ROW WHEN (
        (OLD.id, OLD.number, OLD.entity_id, OLD.currency, OLD.opened_on)
        IS DISTINCT FROM (NEW.id, NEW.number, NEW.entity_id, NEW.currency, NEW.opened_on)
    ) EXECUTE FUNCTION customers_account_keep_identity();
-- reverse:
DROP TRIGGER customers_account_keeps_identity ON customers_account;
DROP FUNCTION customers_account_keep_identity();
DROP TRIGGER customers_order_never_deleted ON customers_order;
DROP TRIGGER customers_subscription_never_deleted ON customers_subscription;
DROP TRIGGER customers_account_never_deleted ON customers_account;
DROP TRIGGER IF EXISTS customers_account_no_truncate ON customers_account;
DROP FUNCTION customers_refuse_delete();
DROP TRIGGER customers_accountposition_needs_lock ON customers_accountposition;
DROP TRIGGER customers_account_tree_needs_lock ON customers_account;
DROP TRIGGER customers_account_tree_needs_lock_insert ON customers_account;
DROP FUNCTION customers_require_tree_lock_when_moved();
DROP FUNCTION customers_require_tree_lock();
DROP FUNCTION customers_holds_tree_lock();
DROP FUNCTION customers_tree_lock();
