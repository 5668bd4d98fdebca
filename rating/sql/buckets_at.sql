-- Purpose: the buckets that use of a service at a moment may draw from, empty ones too.
-- Grain: one row per bucket, in the order of ids. Binds: account, service, kind (usage type), at.
-- Repeating: reads only.
SELECT
    b.id, lower(b.valid), upper(b.valid), b.remaining, b.priority, b.source, b.service_id,
    b.usage_filter::text, b.name, e.overage, b.is_blocker
FROM rating_balancebucket AS b
JOIN catalog_usagetype AS u ON u.id = b.usage_type_id AND u.code = %(kind)s
LEFT JOIN catalog_entitlementspec AS e ON e.id = b.spec_id
WHERE b.account_id = %(account)s AND (b.service_id IS NULL OR b.service_id = %(service)s)
    AND b.valid @> %(at)s::timestamptz AND b.closed_at IS NULL
ORDER BY b.id
