-- Purpose: a memo is issued for what was asked and approved, and for nothing else (ADJ-1, F44):
-- what was asked never changes; a request is decided once and is kept; it is posted only with an
-- approval that was used for it, by the approver it names, or by nobody within a limit.
-- Grain: each memo request. Repeating: CREATE OR REPLACE. Binds: none.
CREATE OR REPLACE FUNCTION invoicing_guard_memo_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('ADJ-1', 'invoicing_memorequest_is_kept', 'a memo request is never deleted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' THEN
            PERFORM refuse('ADJ-1', 'invoicing_memorequest_starts_pending',
                'a memo request starts by waiting');
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.kind, OLD.account_id, OLD.invoice_id, OLD.scope, OLD.lines, OLD.line_id, OLD.amount,
        OLD.currency, OLD.tax_category, OLD.gl_code, OLD.reason_code, OLD.comment,
        OLD.requester_id, coalesce(OLD.approval_id, NEW.approval_id))
       IS DISTINCT FROM
       (NEW.kind, NEW.account_id, NEW.invoice_id, NEW.scope, NEW.lines, NEW.line_id, NEW.amount,
        NEW.currency, NEW.tax_category, NEW.gl_code, NEW.reason_code, NEW.comment,
        NEW.requester_id, NEW.approval_id) THEN
        PERFORM refuse('ADJ-1', 'invoicing_memorequest_is_bound',
            'what was asked for does not change afterwards');
    END IF;
    IF OLD.state <> 'PENDING' THEN
        PERFORM refuse('ADJ-1', 'invoicing_memorequest_is_final',
            format('the memo request is %s: nothing more happens to it', lower(OLD.state)));
    END IF;
    IF NEW.state = 'POSTED' AND NOT EXISTS (
        SELECT 1 FROM audit_approvalrequest a
        WHERE a.id = NEW.approval_id AND a.subject_type = 'invoicing.memorequest'
          AND a.subject_id = NEW.id AND a.state = 'USED' AND a.amount = NEW.amount
          AND a.currency = NEW.currency AND a.requester_id = NEW.requester_id
          AND a.approver_id IS NOT DISTINCT FROM NEW.approver_id
    ) THEN
        PERFORM refuse('ADJ-1', 'invoicing_memorequest_is_approved',
            'a memo is issued only with the approval it was given');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER invoicing_memorequest_guard
    BEFORE INSERT OR UPDATE OR DELETE ON invoicing_memorequest
    FOR EACH ROW EXECUTE FUNCTION invoicing_guard_memo_request();
ALTER TABLE invoicing_memorequest ENABLE ALWAYS TRIGGER invoicing_memorequest_guard;
SELECT refuse_truncate('invoicing_memorequest');

-- reverse:
DROP FUNCTION IF EXISTS invoicing_guard_memo_request() CASCADE;
