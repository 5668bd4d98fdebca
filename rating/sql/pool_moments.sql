-- Purpose: when the periods of pools begin that have not ended by a moment: a share is of a whole period.
-- Grain: one row per pool that has such a period. Binds: pools, since (parallel arrays). Reads only.
SELECT asked.pool_id, min(lower(b.valid))
FROM unnest(%(pools)s::bigint[], %(since)s::timestamptz[]) AS asked (pool_id, since)
JOIN rating_balancebucket AS b ON b.pool_id = asked.pool_id AND upper(b.valid) > asked.since
GROUP BY 1
