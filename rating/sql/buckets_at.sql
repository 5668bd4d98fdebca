-- Purpose: the buckets that use of a service at a moment may draw from, empty ones too: the account's own
-- and those of the pool in which the service is on the day.
-- Grain: one row per bucket, in the order of ids. Binds: account, service, kind (usage type), at,
-- day (the local day of it). Each kind is found by its own index. Repeating: reads only.
SELECT
    b.id, lower(b.valid), upper(b.valid), b.remaining, b.priority, b.source, b.service_id,
    b.usage_filter::text, b.name, e.overage, b.is_blocker, b.pool_id
FROM rating_balancebucket AS b
LEFT JOIN catalog_entitlementspec AS e ON e.id = b.spec_id
WHERE b.id = ANY (ARRAY(
    SELECT o.id
    FROM rating_balancebucket AS o
    JOIN catalog_usagetype AS u ON u.id = o.usage_type_id AND u.code = %(kind)s
    WHERE o.account_id = %(account)s AND o.pool_id IS NULL AND o.currency = ''
        AND (o.service_id IS NULL OR o.service_id = %(service)s)
        AND o.valid @> %(at)s::timestamptz AND o.closed_at IS NULL
    UNION ALL
    SELECT o.id
    FROM rating_poolmember AS m
    JOIN catalog_usagetype AS u ON u.id = m.usage_type_id AND u.code = %(kind)s
    JOIN rating_balancebucket AS o ON o.pool_id = m.pool_id
    WHERE m.service_id = %(service)s AND m.valid @> %(day)s::date
        AND o.valid @> %(at)s::timestamptz AND o.closed_at IS NULL
))
    AND b.valid @> %(at)s::timestamptz AND b.closed_at IS NULL
ORDER BY b.id
