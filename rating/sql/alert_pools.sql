-- Purpose: note what pools have been used to in a period, where an offer that fills them warns (P64).
-- Grain: one row per pool, period and percentage newly reached, returned.
-- Binds: percents (array), as_of. Repeating: a percentage noted once is not noted again.
INSERT INTO rating_thresholdalert (pool_id, period_start, account_id, percent, used, most)
SELECT f.pool_id, f.period_start, r.node_id, p.percent, f.used, f.most
FROM (
    SELECT b.pool_id, b.period_start, sum(b.remaining) AS left_over,
        sum(b.remaining + u.used) AS most, sum(u.used) AS used
    FROM rating_balancebucket AS b
    CROSS JOIN LATERAL (
        SELECT -coalesce(sum(m.delta), 0) AS used FROM rating_balancemovement AS m
        WHERE m.bucket_id = b.id AND m.kind IN ('CONSUME', 'REVERSE')
    ) AS u
    WHERE b.pool_id IS NOT NULL AND b.closed_at IS NULL AND lower(b.valid) <= %(as_of)s
    GROUP BY b.pool_id, b.period_start
    HAVING bool_or((SELECT e.warns FROM catalog_entitlementspec AS e WHERE e.id = b.spec_id))
) AS f
JOIN rating_ratingpool AS r ON r.id = f.pool_id
CROSS JOIN unnest(%(percents)s::smallint[]) AS p (percent)
WHERE f.used > 0 AND f.used * 100 >= f.most * p.percent
ORDER BY f.pool_id, f.period_start, p.percent
ON CONFLICT DO NOTHING
RETURNING id
