-- Purpose: the buckets of pools that have not ended by a day, what was brought to each, and how much of
-- that may still be taken back: what nobody holds for a session, or used in one.
-- Grain: one row per bucket. Binds: since (a day). Repeating: reads only.
SELECT b.id, b.pool_id, b.item_id, b.spec_id, b.service_id, b.period_start, b.account_id,
    lower(b.valid), b.initial,
    coalesce(sum(m.delta) FILTER (WHERE m.kind IN ('GRANT', 'BROUGHT')), 0),
    b.remaining - coalesce(sum(m.delta) FILTER (WHERE m.event_id IS NOT NULL), 0),
    b.closed_at IS NOT NULL
FROM rating_balancebucket AS b
LEFT JOIN rating_balancemovement AS m ON m.bucket_id = b.id
WHERE b.pool_id IS NOT NULL AND upper(b.valid) > %(since)s::date
GROUP BY b.id
ORDER BY b.id
