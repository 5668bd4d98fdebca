-- Purpose: what was brought to the buckets of pools. Grain: one row per bucket. Binds: buckets.
-- Repeating: reads only.
SELECT bucket_id, sum(delta) FROM rating_balancemovement
WHERE bucket_id = ANY (%(buckets)s::bigint[]) AND kind IN ('GRANT', 'BROUGHT')
GROUP BY 1
