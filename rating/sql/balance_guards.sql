-- Purpose: a bucket remains what its movements add up to. Movements are append-only and carry their
--   sum onto the bucket themselves; nothing else writes `remaining`, so that the check of the bucket
--   (0 <= remaining <= initial) refuses every overdraft, whoever writes. What a bucket is for does not
--   change, it only ends earlier, is closed once and is never deleted.
-- Grain: statement on movements (many rows), row on buckets. Binds: none. Repeating: CREATE OR REPLACE.
-- Buckets are locked in the order of their ids, so that two statements never wait in a circle.
CREATE OR REPLACE FUNCTION rating_carry_movements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM rating_balancebucket
    WHERE id IN (SELECT bucket_id FROM added) ORDER BY id FOR NO KEY UPDATE;
    UPDATE rating_balancebucket AS b SET remaining = b.remaining + m.delta
    FROM (SELECT bucket_id, sum(delta) AS delta FROM added GROUP BY bucket_id) AS m
    WHERE b.id = m.bucket_id AND m.delta <> 0;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER rating_balancemovement_adds_up AFTER INSERT ON rating_balancemovement
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION rating_carry_movements();
ALTER TABLE rating_balancemovement ENABLE ALWAYS TRIGGER rating_balancemovement_adds_up;
SELECT make_append_only('rating_balancemovement');

CREATE OR REPLACE FUNCTION rating_guard_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('ENT-1', 'rating_balancebucket_kept', 'balances are never deleted');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.remaining <> 0 THEN
            PERFORM refuse('ENT-1', 'rating_balancebucket_remaining_is_moved',
                'a balance begins empty; a movement fills it');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.remaining <> OLD.remaining AND pg_trigger_depth() < 2 THEN
        PERFORM refuse('ENT-1', 'rating_balancebucket_remaining_is_moved',
            'what remains of a balance is the sum of its movements');
    END IF;
    IF ROW(NEW.account_id, NEW.service_id, NEW.item_id, NEW.spec_id, NEW.parent_id, NEW.pool_id,
           NEW.usage_type_id, NEW.currency, NEW.consideration, NEW.usage_filter, NEW.source, NEW.priority, NEW.is_blocker,
           NEW.initial, NEW.period_start, lower(NEW.valid), NEW.created_at)
       IS DISTINCT FROM
       ROW(OLD.account_id, OLD.service_id, OLD.item_id, OLD.spec_id, OLD.parent_id, OLD.pool_id,
           OLD.usage_type_id, OLD.currency, OLD.consideration, OLD.usage_filter, OLD.source, OLD.priority, OLD.is_blocker,
           OLD.initial, OLD.period_start, lower(OLD.valid), OLD.created_at)
       OR upper(NEW.valid) IS NULL AND upper(OLD.valid) IS NOT NULL
       OR upper(NEW.valid) > upper(OLD.valid) THEN
        PERFORM refuse('ENT-1', 'rating_balancebucket_meaning_kept',
            'a balance keeps what it is for and how much it was; it only ends earlier');
    END IF;
    IF OLD.closed_at IS NOT NULL AND ROW(NEW.closed_at, NEW.valid)
       IS DISTINCT FROM ROW(OLD.closed_at, OLD.valid) THEN
        PERFORM refuse('ENT-4', 'rating_balancebucket_closed_once', 'a closed balance stays closed');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_balancebucket_kept
    BEFORE INSERT OR UPDATE OR DELETE ON rating_balancebucket
    FOR EACH ROW EXECUTE FUNCTION rating_guard_bucket();
ALTER TABLE rating_balancebucket ENABLE ALWAYS TRIGGER rating_balancebucket_kept;
SELECT refuse_truncate('rating_balancebucket');
-- reverse:
DROP TRIGGER IF EXISTS rating_balancebucket_no_truncate ON rating_balancebucket;
DROP TRIGGER IF EXISTS rating_balancebucket_kept ON rating_balancebucket;
DROP TRIGGER IF EXISTS rating_balancemovement_no_truncate ON rating_balancemovement;
DROP TRIGGER IF EXISTS rating_balancemovement_append_only ON rating_balancemovement;
DROP TRIGGER IF EXISTS rating_balancemovement_adds_up ON rating_balancemovement;
DROP FUNCTION IF EXISTS rating_guard_bucket();
DROP FUNCTION IF EXISTS rating_carry_movements();
