-- Purpose: a pool keeps what it is and ends once; a membership is of its pool's kind of usage and only
--   its end moves; neither is deleted.
-- Grain: row. Binds: none. Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION rating_guard_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR ROW(NEW.node_id, NEW.usage_type_id, NEW.allocation, NEW.cycle_day, lower(NEW.valid))
        IS DISTINCT FROM
        ROW(OLD.node_id, OLD.usage_type_id, OLD.allocation, OLD.cycle_day, lower(OLD.valid))
        OR upper(OLD.valid) IS NOT NULL AND upper(NEW.valid) IS DISTINCT FROM upper(OLD.valid) THEN
        PERFORM refuse('POOL-1', 'rating_ratingpool_meaning_kept',
            'a pool keeps what it is and ends once');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_ratingpool_kept
    BEFORE UPDATE OR DELETE ON rating_ratingpool
    FOR EACH ROW EXECUTE FUNCTION rating_guard_pool();
ALTER TABLE rating_ratingpool ENABLE ALWAYS TRIGGER rating_ratingpool_kept;
SELECT refuse_truncate('rating_ratingpool');

CREATE OR REPLACE FUNCTION rating_guard_pool_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse('POOL-4', 'rating_poolmember_is_kept', 'memberships of a pool are kept');
    END IF;
    IF TG_OP = 'UPDATE' AND (
        ROW(NEW.pool_id, NEW.service_id, NEW.account_id, NEW.usage_type_id)
        IS DISTINCT FROM ROW(OLD.pool_id, OLD.service_id, OLD.account_id, OLD.usage_type_id)
        OR NOT isempty(NEW.valid) AND lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid)
    ) THEN
        PERFORM refuse('POOL-4', 'rating_poolmember_is_kept',
            'a membership of a pool keeps its service and its first day');
    END IF;
    IF NOT EXISTS (
        SELECT FROM rating_ratingpool
        WHERE id = NEW.pool_id AND usage_type_id = NEW.usage_type_id
            AND valid @> NEW.valid
    ) THEN
        PERFORM refuse('POOL-4', 'rating_poolmember_fits_its_pool',
            'a membership is of the kind of usage and within the days of its pool');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER rating_poolmember_kept
    BEFORE INSERT OR UPDATE OR DELETE ON rating_poolmember
    FOR EACH ROW EXECUTE FUNCTION rating_guard_pool_member();
ALTER TABLE rating_poolmember ENABLE ALWAYS TRIGGER rating_poolmember_kept;
SELECT refuse_truncate('rating_poolmember');

-- The accounts whose usage is drawn together with that of some accounts: whoever was ever in a pool with
-- them, and whoever was in one with those. The accounts themselves too.
CREATE OR REPLACE FUNCTION rating_pool_mates(accounts bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE shared AS (
        SELECT pool_id FROM rating_poolmember WHERE account_id = ANY (accounts)
        UNION
        SELECT other.pool_id
        FROM shared
        JOIN rating_poolmember AS own ON own.pool_id = shared.pool_id
        JOIN rating_poolmember AS other ON other.account_id = own.account_id
    )
    SELECT unnest(accounts)
    UNION
    SELECT m.account_id FROM shared JOIN rating_poolmember AS m USING (pool_id)
$$;
-- reverse:
DROP FUNCTION IF EXISTS rating_pool_mates(bigint[]);
DROP TRIGGER IF EXISTS rating_poolmember_no_truncate ON rating_poolmember;
DROP TRIGGER IF EXISTS rating_poolmember_kept ON rating_poolmember;
DROP TRIGGER IF EXISTS rating_ratingpool_no_truncate ON rating_ratingpool;
DROP TRIGGER IF EXISTS rating_ratingpool_kept ON rating_ratingpool;
DROP FUNCTION IF EXISTS rating_guard_pool_member();
DROP FUNCTION IF EXISTS rating_guard_pool();
