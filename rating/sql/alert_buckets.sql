-- Purpose: note what balances have been used to (P64): granted ones whose offer warns, and all of money.
-- What is brought to a pool is used by everybody: alert_pools tells of the whole.
-- Grain: one row per balance and percentage newly reached, returned. Binds: percents (array), as_of.
-- Repeating: a percentage noted once is not noted again.
INSERT INTO rating_thresholdalert (bucket_id, account_id, percent, used, most)
SELECT b.id, b.account_id, p.percent, u.used, b.initial
FROM rating_balancebucket AS b
LEFT JOIN catalog_entitlementspec AS e ON e.id = b.spec_id
CROSS JOIN unnest(%(percents)s::smallint[]) AS p (percent)
CROSS JOIN LATERAL (
    SELECT -coalesce(sum(m.delta), 0) AS used FROM rating_balancemovement AS m
    WHERE m.bucket_id = b.id AND m.kind IN ('CONSUME', 'REVERSE')
) AS u
WHERE (b.source = 'GRANT' AND e.warns OR b.currency <> '')
    AND b.pool_id IS NULL AND b.closed_at IS NULL
    AND lower(b.valid) <= %(as_of)s AND b.remaining * 100 <= b.initial * (100 - p.percent)
    AND NOT EXISTS (
        SELECT FROM rating_thresholdalert AS t WHERE t.bucket_id = b.id AND t.percent = p.percent
    )
    AND u.used * 100 >= b.initial * p.percent
ORDER BY b.id, p.percent
ON CONFLICT DO NOTHING
RETURNING id
