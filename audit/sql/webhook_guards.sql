-- Purpose: keep webhooks to their word.
--   an endpoint stays what it was opened as, is never deleted, and closed for good; its secret goes
--   on by one; a delivery is of an event's own subject, is never deleted, ends once, and is told
--   as done only when every earlier event of its subject for that endpoint has ended.
-- Grain: each row of audit_webhookendpoint and audit_webhookdelivery. Repeating: renewed.

CREATE OR REPLACE FUNCTION audit_guard_endpoint() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR
       (OLD.id, OLD.uuid, OLD.url, OLD.topics, OLD.user_id, OLD.entity, OLD.created_at)
       IS DISTINCT FROM
       (NEW.id, NEW.uuid, NEW.url, NEW.topics, NEW.user_id, NEW.entity, NEW.created_at) THEN
        PERFORM refuse('WEBHOOK', 'audit_webhookendpoint_is_kept',
            'an endpoint stays what it was opened as; close it and open another one');
    END IF;
    IF OLD.state = 'CLOSED' THEN
        PERFORM refuse('WEBHOOK', 'audit_webhookendpoint_is_closed',
            'nothing more happens to a closed endpoint');
    END IF;
    IF NEW.secret_number NOT IN (OLD.secret_number, OLD.secret_number + 1)
       OR (NEW.secret_number > OLD.secret_number AND NEW.secret_changed_at IS NULL) THEN
        PERFORM refuse('WEBHOOK', 'audit_webhookendpoint_secret_goes_on',
            'a secret is followed by the next one, at a moment');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS audit_webhookendpoint_guard ON audit_webhookendpoint;
CREATE TRIGGER audit_webhookendpoint_guard BEFORE UPDATE OR DELETE
    ON audit_webhookendpoint FOR EACH ROW EXECUTE FUNCTION audit_guard_endpoint();
ALTER TABLE audit_webhookendpoint ENABLE ALWAYS TRIGGER audit_webhookendpoint_guard;

CREATE OR REPLACE FUNCTION audit_guard_delivery() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (
            SELECT FROM audit_businessevent e
            WHERE e.id = NEW.event_id
              AND (e.subject_type, e.subject_id) = (NEW.subject_type, NEW.subject_id)
        ) THEN
            PERFORM refuse('WEBHOOK', 'audit_webhookdelivery_of_its_subject',
                'a delivery names the subject of its event');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR
       (OLD.id, OLD.endpoint_id, OLD.event_id, OLD.subject_type, OLD.subject_id, OLD.created_at)
       IS DISTINCT FROM
       (NEW.id, NEW.endpoint_id, NEW.event_id, NEW.subject_type, NEW.subject_id, NEW.created_at)
       OR OLD.state IN ('DELIVERED', 'SKIPPED') THEN
        PERFORM refuse('WEBHOOK', 'audit_webhookdelivery_is_kept',
            'a delivery is kept, and ends once');
    END IF;
    IF NEW.state = 'DELIVERED' AND EXISTS (
        SELECT FROM audit_webhookdelivery d
        WHERE d.endpoint_id = NEW.endpoint_id AND d.subject_type = NEW.subject_type
          AND d.subject_id = NEW.subject_id AND d.event_id < NEW.event_id
          AND d.state IN ('WAITING', 'PARKED')
    ) THEN
        PERFORM refuse('WEBHOOK', 'audit_webhookdelivery_in_order',
            'an earlier event of the same subject has not ended');
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS audit_webhookdelivery_guard ON audit_webhookdelivery;
CREATE TRIGGER audit_webhookdelivery_guard BEFORE INSERT OR UPDATE OR DELETE
    ON audit_webhookdelivery FOR EACH ROW EXECUTE FUNCTION audit_guard_delivery();
ALTER TABLE audit_webhookdelivery ENABLE ALWAYS TRIGGER audit_webhookdelivery_guard;

SELECT refuse_truncate('audit_webhookendpoint');
SELECT refuse_truncate('audit_webhookdelivery');
SELECT audit_track('audit_webhookendpoint');

-- reverse:
DROP FUNCTION IF EXISTS audit_guard_delivery() CASCADE;
DROP FUNCTION IF EXISTS audit_guard_endpoint() CASCADE;
