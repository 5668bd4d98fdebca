-- Purpose: keep an API key what a second person has approved (KEY-1, F44).
--   whom it acts as, what it may and its secret never change; it may end sooner, not later; one
--   that somebody issued opens nothing before its approval is used; revoked it stays; none is
--   deleted, for history names it.
-- Grain: each row of audit_apikey. Repeating: renewed. Binds: none.

CREATE OR REPLACE FUNCTION audit_guard_api_key() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('D5', 'audit_apikey_is_kept', 'an API key is revoked, never deleted');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.id, OLD.name, OLD.prefix, OLD.secret_hash, OLD.scopes, OLD.user_id,
            OLD.created_by_id, OLD.created_at)
           IS DISTINCT FROM
           (NEW.id, NEW.name, NEW.prefix, NEW.secret_hash, NEW.scopes, NEW.user_id,
            NEW.created_by_id, NEW.created_at) THEN
            PERFORM refuse('KEY-1', 'audit_apikey_is_bound',
                'whom a key acts as and what it may do does not change; issue another');
        END IF;
        IF NEW.expires_at > OLD.expires_at THEN
            PERFORM refuse('KEY-1', 'audit_apikey_is_not_lengthened',
                'a key does not live longer than it was approved for');
        END IF;
        IF OLD.revoked_at IS DISTINCT FROM NEW.revoked_at AND OLD.revoked_at IS NOT NULL THEN
            PERFORM refuse('KEY-1', 'audit_apikey_stays_revoked', 'a revoked key stays revoked');
        END IF;
    END IF;
    IF NEW.approved_at IS NOT NULL AND NEW.created_by_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM audit_approvalrequest r
        WHERE r.action = 'audit.issue_api_key' AND r.subject_type = 'audit.apikey'
          AND r.subject_id = NEW.id AND r.state = 'USED') THEN
        PERFORM refuse('F44', 'audit_apikey_takes_two',
            'a key opens nothing before a second person has approved it');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER audit_apikey_guard BEFORE INSERT OR UPDATE OR DELETE
    ON audit_apikey FOR EACH ROW EXECUTE FUNCTION audit_guard_api_key();
ALTER TABLE audit_apikey ENABLE ALWAYS TRIGGER audit_apikey_guard;
SELECT refuse_truncate('audit_apikey');

-- reverse:
DROP TRIGGER IF EXISTS audit_apikey_no_truncate ON audit_apikey;
DROP FUNCTION IF EXISTS audit_guard_api_key() CASCADE;
