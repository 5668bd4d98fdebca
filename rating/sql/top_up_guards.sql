-- Purpose: an automatic top-up keeps what it says and only ends earlier; a request for money keeps what
--   it asked for, ends once (money captured after it expired counts, for it has been taken), and names a
--   balance that was sold to its account for what was captured (ENT-8). Neither is deleted.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION rating_guard_top_up_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR ROW(NEW.account_id, NEW.usage_type_id, NEW.currency, NEW.threshold, NEW.amount,
               NEW.most_per_month, NEW.most_tries, lower(NEW.valid), NEW.created_at)
        IS DISTINCT FROM ROW(OLD.account_id, OLD.usage_type_id, OLD.currency, OLD.threshold, OLD.amount,
               OLD.most_per_month, OLD.most_tries, lower(OLD.valid), OLD.created_at)
        OR upper(NEW.valid) IS NULL AND upper(OLD.valid) IS NOT NULL
        OR upper(NEW.valid) > upper(OLD.valid) THEN
        PERFORM refuse('ENT-8', 'rating_topuprule_kept',
            'an automatic top-up keeps what it says; it only ends');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_topuprule_kept
    BEFORE UPDATE OR DELETE ON rating_topuprule
    FOR EACH ROW EXECUTE FUNCTION rating_guard_top_up_rule();
ALTER TABLE rating_topuprule ENABLE ALWAYS TRIGGER rating_topuprule_kept;
SELECT refuse_truncate('rating_topuprule');

CREATE OR REPLACE FUNCTION rating_guard_top_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'REQUESTED' THEN
            PERFORM refuse('ENT-8', 'rating_topuprequest_ends_once', 'a top-up begins by being asked for');
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
        OR NOT (OLD.state = 'REQUESTED' OR OLD.state = 'EXPIRED' AND NEW.state = 'CAPTURED')
        OR ROW(NEW.rule_id, NEW.account_id, NEW.usage_type_id, NEW.currency, NEW.amount, NEW.number,
               NEW.month, NEW.remaining, NEW.asked_at, NEW.expires_at)
        IS DISTINCT FROM ROW(OLD.rule_id, OLD.account_id, OLD.usage_type_id, OLD.currency, OLD.amount,
               OLD.number, OLD.month, OLD.remaining, OLD.asked_at, OLD.expires_at) THEN
        PERFORM refuse('ENT-8', 'rating_topuprequest_ends_once',
            'a top-up keeps what was asked for, and ends once');
    END IF;
    IF NEW.state = 'CAPTURED' AND NOT EXISTS (
        SELECT FROM rating_balancebucket AS b
        WHERE b.id = NEW.bucket_id AND b.account_id = NEW.account_id AND b.currency = NEW.currency
            AND b.usage_type_id IS NOT DISTINCT FROM NEW.usage_type_id
            AND b.consideration = NEW.captured
    ) THEN
        PERFORM refuse('ENT-8', 'rating_topuprequest_sells_what_was_captured',
            'the balance is one that was sold to the account for what was captured');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_topuprequest_ends_once
    BEFORE INSERT OR UPDATE OR DELETE ON rating_topuprequest
    FOR EACH ROW EXECUTE FUNCTION rating_guard_top_up();
ALTER TABLE rating_topuprequest ENABLE ALWAYS TRIGGER rating_topuprequest_ends_once;
SELECT refuse_truncate('rating_topuprequest');
-- reverse:
DROP TRIGGER IF EXISTS rating_topuprequest_no_truncate ON rating_topuprequest;
DROP TRIGGER IF EXISTS rating_topuprequest_ends_once ON rating_topuprequest;
DROP FUNCTION IF EXISTS rating_guard_top_up();
DROP TRIGGER IF EXISTS rating_topuprule_no_truncate ON rating_topuprule;
DROP TRIGGER IF EXISTS rating_topuprule_kept ON rating_topuprule;
DROP FUNCTION IF EXISTS rating_guard_top_up_rule();
