-- Purpose: an open item starts wholly open, keeps its document's figures for ever, and is moved
--          by allocations only; it is never deleted (AR-1, AR-4).
-- Grain: one INSERT statement (start); one row (change).
-- Repeating: not applicable.

CREATE FUNCTION receivables_item_starts_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added
                WHERE open <> amount OR functional_open <> functional_amount OR disputed <> 0) THEN
        PERFORM refuse('AR-1', 'receivables_openitem_starts_open',
            'a new open item is wholly open and undisputed');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION receivables_guard_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.id, NEW.payer_id, NEW.entity_id, NEW.source_type, NEW.source_id, NEW.number,
           NEW.side, NEW.doc_date, NEW.due_date, NEW.currency, NEW.amount, NEW.fx_rate,
           NEW.functional_amount)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.payer_id, OLD.entity_id, OLD.source_type, OLD.source_id, OLD.number,
           OLD.side, OLD.doc_date, OLD.due_date, OLD.currency, OLD.amount, OLD.fx_rate,
           OLD.functional_amount) THEN
        PERFORM refuse('AR-1', 'receivables_openitem_keeps_document',
            'an open item keeps the figures of its document');
    END IF;
    IF (NEW.open <> OLD.open OR NEW.functional_open <> OLD.functional_open)
       AND pg_trigger_depth() < 2 THEN
        PERFORM refuse('AR-1', 'receivables_openitem_moved_by_allocations',
            'only allocations move what is open on an item');
    END IF;
    IF NEW.disputed <> OLD.disputed AND pg_trigger_depth() < 2 THEN
        PERFORM refuse('AR-3', 'receivables_openitem_disputed_by_marks',
            'only dispute marks say how much of an item is disputed');
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION receivables_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('AR-1', 'receivables_openitem_never_removed',
            'open items are never removed');
END $$;

CREATE TRIGGER receivables_openitem_starts_open
    AFTER INSERT ON receivables_openitem REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION receivables_item_starts_open();
CREATE TRIGGER receivables_openitem_names_its_own
    AFTER INSERT ON receivables_openitem REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_parents(
        'payer_id', 'customers_account', 'entity_id', 'ledger_legalentity'
    );
CREATE TRIGGER receivables_openitem_guarded
    BEFORE UPDATE ON receivables_openitem
    FOR EACH ROW EXECUTE FUNCTION receivables_guard_item();
CREATE TRIGGER receivables_openitem_kept
    BEFORE DELETE OR TRUNCATE ON receivables_openitem
    FOR EACH STATEMENT EXECUTE FUNCTION receivables_refuse_removal();
ALTER TABLE receivables_openitem ENABLE ALWAYS TRIGGER receivables_openitem_starts_open;
ALTER TABLE receivables_openitem ENABLE ALWAYS TRIGGER receivables_openitem_names_its_own;
ALTER TABLE receivables_openitem ENABLE ALWAYS TRIGGER receivables_openitem_guarded;
ALTER TABLE receivables_openitem ENABLE ALWAYS TRIGGER receivables_openitem_kept;

-- reverse:
DROP TRIGGER IF EXISTS receivables_openitem_kept ON receivables_openitem;
DROP TRIGGER IF EXISTS receivables_openitem_guarded ON receivables_openitem;
DROP TRIGGER IF EXISTS receivables_openitem_names_its_own ON receivables_openitem;
DROP TRIGGER IF EXISTS receivables_openitem_starts_open ON receivables_openitem;
DROP FUNCTION IF EXISTS receivables_refuse_removal();
DROP FUNCTION IF EXISTS receivables_guard_item();
DROP FUNCTION IF EXISTS receivables_item_starts_open();
