-- Purpose: trials whose cap is used up before their last day (CHG-10). A hold uses nothing up.
-- Grain: one row per subscription: the local day on which the first of its caps was used up, its name,
-- and the time zone. Binds: caps (entitlements that cap trials, array). Repeating: reads only.
SELECT DISTINCT ON (s.id) s.id, u.used_up_on, b.name, a.time_zone
FROM rating_balancebucket AS b
JOIN customers_subscriptionitem AS i ON i.id = b.item_id
JOIN customers_subscription AS s ON s.id = i.subscription_id
JOIN customers_account AS a ON a.id = s.account_id
CROSS JOIN LATERAL (
    SELECT (max(d.at) AT TIME ZONE a.time_zone)::date AS used_up_on, -sum(d.delta) AS used
    FROM (
        SELECT coalesce(m.event_at, m.at) AS at, sum(m.delta) AS delta
        FROM rating_balancemovement AS m
        WHERE m.bucket_id = b.id AND m.kind IN ('CONSUME', 'REVERSE')
        GROUP BY m.event_id, coalesce(m.event_at, m.at)
        HAVING sum(m.delta) < 0
    ) AS d
) AS u
WHERE b.spec_id = ANY(%(caps)s) AND b.closed_at IS NULL AND b.remaining = 0
    AND u.used >= b.initial AND s.trial_end_on > u.used_up_on + 1
ORDER BY s.id, u.used_up_on
