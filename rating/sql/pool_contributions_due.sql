-- Purpose: which member of a pool has an offer that fills it, and on which days (POOL-2).
-- Grain: one row per membership, item and entitlement, with the days that all three share.
-- Binds: since, until (days). Repeating: reads only.
SELECT m.pool_id, p.cycle_day, n.time_zone, m.account_id, m.service_id, t.id, e.id,
    lower(d.valid), upper(d.valid)
FROM rating_poolmember AS m
JOIN rating_ratingpool AS p ON p.id = m.pool_id
JOIN customers_account AS n ON n.id = p.node_id
JOIN customers_serviceinstance AS i ON i.id = m.service_id
JOIN customers_subscriptionitem AS t ON t.subscription_id = i.subscription_id
JOIN catalog_entitlementspec AS e
    ON e.offer_version_id = t.offer_version_id AND e.scope = 'POOL'
        AND e.usage_type_id = m.usage_type_id
CROSS JOIN LATERAL (SELECT m.valid * t.valid AS valid) AS d
WHERE m.valid && t.valid AND d.valid && daterange(%(since)s::date, %(until)s::date)
ORDER BY m.pool_id, m.service_id, t.id, e.id, lower(d.valid)
