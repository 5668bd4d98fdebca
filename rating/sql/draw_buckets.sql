-- Purpose: the buckets that usage of accounts may be drawn from, from a moment on, held until the
-- transaction ends. Grain: one row per bucket that has not ended by then, in the order of ids.
-- Binds: accounts, since (parallel arrays). Repeating: reads only.
SELECT
    b.id, b.account_id, u.code, lower(b.valid), upper(b.valid), b.remaining, b.priority, b.source,
    b.service_id, b.usage_filter::text, b.is_blocker, b.closed_at IS NOT NULL, b.parent_id,
    b.pool_id, b.period_start
FROM rating_balancebucket AS b
JOIN unnest(%(accounts)s::bigint[], %(since)s::timestamptz[]) AS asked (account_id, since)
    ON asked.account_id = b.account_id
JOIN catalog_usagetype AS u ON u.id = b.usage_type_id AND b.currency = ''
WHERE upper(b.valid) IS NULL OR upper(b.valid) > asked.since
ORDER BY b.id
FOR NO KEY UPDATE OF b
