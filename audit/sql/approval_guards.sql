-- Purpose: keep an approval request bound to what was asked (F44).
--   what was asked never changes; a request starts PENDING; a decision is made once and in time;
--   an approval is used once; requests and delivered events are never deleted; what needed nobody
--   else lay, with all its maker did alone in 24 hours, within a limit of the maker's.
-- Grain: each row of audit_approvalrequest and audit_businessevent. Repeating: renewed.

CREATE OR REPLACE FUNCTION audit_free_limit(person bigint, act text, of_currency text)
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT max(p.free_up_to)
    FROM audit_approvalpolicy p
    WHERE p.is_active AND p.action = act AND p.currency = of_currency
      AND (p.role = '' OR EXISTS (
          SELECT 1 FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id
          WHERE m.user_id = person AND g.name = p.role))
$$;

CREATE OR REPLACE FUNCTION audit_done_alone(person bigint, act text, of_currency text)
RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(abs(r.amount)), 0)
    FROM audit_approvalrequest r
    WHERE r.alone AND r.requester_id = person AND r.action = act AND r.currency = of_currency
      AND r.state IN ('PENDING', 'APPROVED', 'USED')
      AND r.requested_at > now() - interval '24 hours'
$$;

CREATE OR REPLACE FUNCTION audit_guard_approval() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('F44', 'audit_approvalrequest_is_kept', 'an approval request is never deleted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'PENDING' THEN
            PERFORM refuse('F44', 'audit_approvalrequest_starts_pending',
                'an approval request starts by waiting for a second person');
        END IF;
        IF NEW.alone THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('alone:' || NEW.requester_id, 0));
            IF NEW.requested_at < now() - interval '1 minute' OR NOT coalesce(
                abs(NEW.amount) + audit_done_alone(NEW.requester_id, NEW.action, NEW.currency)
                <= audit_free_limit(NEW.requester_id, NEW.action, NEW.currency), false)
            THEN
                PERFORM refuse('F44', 'audit_approvalrequest_within_limit',
                    'this is more than may be done without a second person');
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state IN ('USED', 'REJECTED', 'EXPIRED', 'WITHDRAWN') THEN
        PERFORM refuse('F44', 'audit_approvalrequest_is_final',
            format('the approval request is %s: nothing more happens to it', lower(OLD.state)));
    END IF;
    IF (OLD.action, OLD.subject_type, OLD.subject_id, OLD.payload, OLD.payload_hash, OLD.amount,
        OLD.currency, OLD.alone, OLD.requester_id, OLD.requested_at, OLD.expires_at)
       IS DISTINCT FROM
       (NEW.action, NEW.subject_type, NEW.subject_id, NEW.payload, NEW.payload_hash, NEW.amount,
        NEW.currency, NEW.alone, NEW.requester_id, NEW.requested_at, NEW.expires_at) THEN
        PERFORM refuse('F44', 'audit_approvalrequest_is_bound',
            'what was asked to be approved does not change afterwards');
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('PENDING', 'APPROVED'), ('PENDING', 'REJECTED'), ('PENDING', 'EXPIRED'),
        ('APPROVED', 'USED'), ('APPROVED', 'EXPIRED'),
        ('PENDING', 'WITHDRAWN'), ('APPROVED', 'WITHDRAWN')
    ) THEN
        PERFORM refuse('F44', 'audit_approvalrequest_steps',
            format('an approval request does not go from %s to %s', OLD.state, NEW.state));
    END IF;
    IF OLD.state <> 'PENDING' AND OLD.approver_id IS DISTINCT FROM NEW.approver_id THEN
        PERFORM refuse('F44', 'audit_approvalrequest_is_bound', 'who approved does not change');
    END IF;
    IF NEW.state IN ('APPROVED', 'USED') AND OLD.state <> NEW.state AND NEW.expires_at <= now() THEN
        PERFORM refuse('F44', 'audit_approvalrequest_in_time', 'the approval request has expired');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS audit_approvalrequest_guard ON audit_approvalrequest;
CREATE TRIGGER audit_approvalrequest_guard BEFORE INSERT OR UPDATE OR DELETE
    ON audit_approvalrequest FOR EACH ROW EXECUTE FUNCTION audit_guard_approval();
ALTER TABLE audit_approvalrequest ENABLE ALWAYS TRIGGER audit_approvalrequest_guard;

CREATE OR REPLACE FUNCTION audit_guard_event() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
       (OLD.id, OLD.uuid, OLD.topic, OLD.subject_type, OLD.subject_id, OLD.payload, OLD.actor_id,
        OLD.occurred_at, OLD.recorded_at)
       IS DISTINCT FROM
       (NEW.id, NEW.uuid, NEW.topic, NEW.subject_type, NEW.subject_id, NEW.payload, NEW.actor_id,
        NEW.occurred_at, NEW.recorded_at) THEN
        PERFORM refuse('D5', 'audit_businessevent_is_kept',
            'a business event is kept as it happened; only its delivery is noted');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS audit_businessevent_guard ON audit_businessevent;
CREATE TRIGGER audit_businessevent_guard BEFORE UPDATE OR DELETE
    ON audit_businessevent FOR EACH ROW EXECUTE FUNCTION audit_guard_event();
ALTER TABLE audit_businessevent ENABLE ALWAYS TRIGGER audit_businessevent_guard;

-- reverse:
DROP FUNCTION IF EXISTS audit_guard_event() CASCADE;
DROP FUNCTION IF EXISTS audit_guard_approval() CASCADE;
DROP FUNCTION IF EXISTS audit_done_alone(bigint, text, text);
DROP FUNCTION IF EXISTS audit_free_limit(bigint, text, text);
