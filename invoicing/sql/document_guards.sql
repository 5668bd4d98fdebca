-- Purpose: what is posted is never changed (D5, F13): documents, lines and taxes, and the items
-- they bill. A draft may be discarded; nothing joins a document that has left the draft state, or
-- that does not exist: these guards hold the references of lines and taxes, without foreign keys.
-- Grain: row triggers fire on change and removal only, and on heads only once they are posted;
-- inserts are looked at by statement, with one join, so that a bill run does not pay by the row.
-- Repeating: CREATE OR REPLACE. Binds: none. ENABLE ALWAYS: replication role does not silence them.
CREATE OR REPLACE FUNCTION invoicing_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('D5', 'invoicing_invoice_is_final',
        format('document %s is posted and never changes; correct it by a new document',
               coalesce(OLD.number, OLD.id::text)));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoice_is_final
    BEFORE UPDATE OR DELETE ON invoicing_invoice
    FOR EACH ROW WHEN (OLD.state = 'POSTED') EXECUTE FUNCTION invoicing_guard_invoice();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_is_final;

CREATE OR REPLACE FUNCTION invoicing_guard_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('BR-4', 'invoicing_invoice_is_kept',
            'a draft is discarded, not deleted: its number in the run is kept');
    END IF;
    IF OLD.id <> NEW.id OR OLD.state = 'DISCARDED' OR (OLD.state, NEW.state) NOT IN (
        ('DRAFT', 'DRAFT'), ('DRAFT', 'POSTED'), ('DRAFT', 'SUPPRESSED'), ('DRAFT', 'DISCARDED'),
        ('SUPPRESSED', 'DISCARDED')
    ) THEN
        PERFORM refuse('BR-4', 'invoicing_invoice_steps',
            format('a document does not go from %s to %s', OLD.state, NEW.state));
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoice_is_kept
    BEFORE DELETE ON invoicing_invoice
    FOR EACH ROW WHEN (OLD.state <> 'POSTED') EXECUTE FUNCTION invoicing_guard_draft();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_is_kept;
CREATE OR REPLACE TRIGGER invoicing_invoice_steps
    BEFORE UPDATE ON invoicing_invoice
    FOR EACH ROW
    WHEN (OLD.state <> 'POSTED'
          AND NOT (OLD.state = 'DRAFT' AND NEW.state = 'POSTED' AND OLD.id = NEW.id))
    EXECUTE FUNCTION invoicing_guard_draft();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_steps;

CREATE OR REPLACE TRIGGER invoicing_invoice_names_its_own
    AFTER INSERT ON invoicing_invoice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_parents(
        'payer_id', 'customers_account', 'entity_id', 'ledger_legalentity',
        'created_by_id', 'auth_user'
    );
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_names_its_own;

CREATE OR REPLACE TRIGGER invoicing_invoice_keeps_its_own
    BEFORE UPDATE OF payer_id, entity_id, created_by_id ON invoicing_invoice FOR EACH ROW
    WHEN ((OLD.payer_id, OLD.entity_id, OLD.created_by_id)
          IS DISTINCT FROM (NEW.payer_id, NEW.entity_id, NEW.created_by_id))
    EXECUTE FUNCTION keep_parents();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_keeps_its_own;

CREATE OR REPLACE FUNCTION invoicing_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    SELECT v.state INTO held FROM invoicing_invoice v WHERE v.id = OLD.invoice_id;
    IF held = 'POSTED' THEN
        PERFORM refuse('D5', TG_TABLE_NAME || '_is_final',
            format('document %s is posted: its lines and taxes never change', OLD.invoice_id));
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.invoice_id, NEW.id) <> (OLD.invoice_id, OLD.id) THEN
        PERFORM refuse('D5', TG_TABLE_NAME || '_is_final', 'a line does not change its document');
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoiceline_is_final
    BEFORE UPDATE OR DELETE ON invoicing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_line();
ALTER TABLE invoicing_invoiceline ENABLE ALWAYS TRIGGER invoicing_invoiceline_is_final;
CREATE OR REPLACE TRIGGER invoicing_taxtotal_is_final
    BEFORE UPDATE OR DELETE ON invoicing_taxtotal
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_line();
ALTER TABLE invoicing_taxtotal ENABLE ALWAYS TRIGGER invoicing_taxtotal_is_final;

CREATE OR REPLACE FUNCTION invoicing_guard_tax() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    SELECT v.state INTO held
    FROM invoicing_invoiceline l JOIN invoicing_invoice v ON v.id = l.invoice_id
    WHERE l.id = OLD.line_id;
    IF held = 'POSTED' THEN
        PERFORM refuse('D5', 'invoicing_taxline_is_final',
            format('line %s is posted: its taxes never change', OLD.line_id));
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.line_id <> OLD.line_id THEN
        PERFORM refuse('D5', 'invoicing_taxline_is_final', 'a tax does not change its line');
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_taxline_is_final
    BEFORE UPDATE OR DELETE ON invoicing_taxline
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_tax();
ALTER TABLE invoicing_taxline ENABLE ALWAYS TRIGGER invoicing_taxline_is_final;

CREATE OR REPLACE FUNCTION invoicing_guard_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    SELECT v.state INTO held
    FROM invoicing_invoiceline l JOIN invoicing_invoice v ON v.id = l.invoice_id
    WHERE l.id = OLD.line_id;
    IF held = 'POSTED' THEN
        PERFORM refuse('CHG-4', 'invoicing_chargeitem_is_final',
            format('charge item %s is invoiced: it is only ever reversed', OLD.id));
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_chargeitem_is_final
    BEFORE UPDATE OR DELETE ON invoicing_chargeitem
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_item();
ALTER TABLE invoicing_chargeitem ENABLE ALWAYS TRIGGER invoicing_chargeitem_is_final;

CREATE OR REPLACE FUNCTION invoicing_refuse_late_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.invoice_id INTO wrong
    FROM (SELECT DISTINCT invoice_id FROM added) n
    LEFT JOIN invoicing_invoice v ON v.id = n.invoice_id
    WHERE v.state IS DISTINCT FROM 'DRAFT'
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('D5', TG_TABLE_NAME || '_joins_drafts_only',
            format('document %s is no draft: nothing joins it', wrong));
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoiceline_joins_drafts_only
    AFTER INSERT ON invoicing_invoiceline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_late_lines();
ALTER TABLE invoicing_invoiceline ENABLE ALWAYS TRIGGER invoicing_invoiceline_joins_drafts_only;
CREATE OR REPLACE TRIGGER invoicing_taxtotal_joins_drafts_only
    AFTER INSERT ON invoicing_taxtotal REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_late_lines();
ALTER TABLE invoicing_taxtotal ENABLE ALWAYS TRIGGER invoicing_taxtotal_joins_drafts_only;

CREATE OR REPLACE FUNCTION invoicing_refuse_late_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.line_id INTO wrong
    FROM (SELECT (SELECT l.invoice_id FROM invoicing_invoiceline l WHERE l.id = a.line_id)
                     AS invoice_id, min(a.line_id) AS line_id
          FROM added a
          GROUP BY 1) n
    LEFT JOIN invoicing_invoice v ON v.id = n.invoice_id
    WHERE v.state IS DISTINCT FROM 'DRAFT'
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('D5', 'invoicing_taxline_joins_drafts_only',
            format('line %s is on no draft: no tax joins it', wrong));
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invoicing_taxline_joins_drafts_only
    AFTER INSERT ON invoicing_taxline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_late_taxes();
ALTER TABLE invoicing_taxline ENABLE ALWAYS TRIGGER invoicing_taxline_joins_drafts_only;

-- A draft's line goes with its taxes. There is no foreign key: it would look at each tax of a run.
CREATE OR REPLACE FUNCTION invoicing_refuse_lost_taxes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT t.line_id INTO wrong
    FROM gone g JOIN invoicing_taxline t ON t.line_id = g.id
    LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('BR-4', 'invoicing_invoiceline_goes_with_taxes',
            format('line %s has taxes: they are removed with it', wrong));
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoiceline_goes_with_taxes
    AFTER DELETE ON invoicing_invoiceline REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_lost_taxes();
ALTER TABLE invoicing_invoiceline ENABLE ALWAYS TRIGGER invoicing_invoiceline_goes_with_taxes;

CREATE OR REPLACE FUNCTION invoicing_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('D5', TG_TABLE_NAME || '_is_kept', 'documents are never emptied');
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invoicing_invoice_no_truncate BEFORE TRUNCATE ON invoicing_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_truncate();
CREATE OR REPLACE TRIGGER invoicing_invoiceline_no_truncate BEFORE TRUNCATE ON invoicing_invoiceline
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_truncate();
CREATE OR REPLACE TRIGGER invoicing_taxline_no_truncate BEFORE TRUNCATE ON invoicing_taxline
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_truncate();
CREATE OR REPLACE TRIGGER invoicing_chargeitem_no_truncate BEFORE TRUNCATE ON invoicing_chargeitem
    FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_truncate();
ALTER TABLE invoicing_invoice ENABLE ALWAYS TRIGGER invoicing_invoice_no_truncate;
ALTER TABLE invoicing_invoiceline ENABLE ALWAYS TRIGGER invoicing_invoiceline_no_truncate;
ALTER TABLE invoicing_taxline ENABLE ALWAYS TRIGGER invoicing_taxline_no_truncate;
ALTER TABLE invoicing_chargeitem ENABLE ALWAYS TRIGGER invoicing_chargeitem_no_truncate;

SELECT make_append_only('invoicing_documentartifact');

-- reverse:
DROP FUNCTION IF EXISTS invoicing_guard_invoice() CASCADE;
DROP FUNCTION IF EXISTS invoicing_guard_draft() CASCADE;
DROP TRIGGER IF EXISTS invoicing_invoice_keeps_its_own ON invoicing_invoice;
DROP TRIGGER IF EXISTS invoicing_invoice_names_its_own ON invoicing_invoice;
DROP FUNCTION IF EXISTS invoicing_guard_line() CASCADE;
DROP FUNCTION IF EXISTS invoicing_guard_tax() CASCADE;
DROP FUNCTION IF EXISTS invoicing_guard_item() CASCADE;
DROP FUNCTION IF EXISTS invoicing_refuse_late_lines() CASCADE;
DROP FUNCTION IF EXISTS invoicing_refuse_late_taxes() CASCADE;
DROP FUNCTION IF EXISTS invoicing_refuse_lost_taxes() CASCADE;
DROP FUNCTION IF EXISTS invoicing_refuse_truncate() CASCADE;
DROP TRIGGER IF EXISTS invoicing_documentartifact_append_only ON invoicing_documentartifact;
DROP TRIGGER IF EXISTS invoicing_documentartifact_no_truncate ON invoicing_documentartifact;
