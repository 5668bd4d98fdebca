-- Purpose: the events that may be drawn from balances, from a moment on, and the pool that each is in.
-- Grain: one row per event, in the order in which they are drawn. Binds: accounts, since (parallel
-- arrays), kinds (usage types that have balances). Repeating: reads only.
SELECT
    e.id, e.account_id, e.event_start, e.service_id, e.usage_type, e.billable_quantity,
    e.attributes::text, e.covered_quantity, e.covered_amount, e.amount_exact, m.pool_id
FROM rating_usage AS e
JOIN unnest(%(accounts)s::bigint[], %(since)s::timestamptz[]) AS asked (account_id, since)
    ON asked.account_id = e.account_id AND e.event_start >= asked.since
LEFT JOIN catalog_usagetype AS k ON k.code = e.usage_type
LEFT JOIN rating_poolmember AS m
    ON m.service_id = e.service_id AND m.usage_type_id = k.id AND m.valid @> e.on_date
WHERE e.usage_type = ANY (%(kinds)s::text[]) OR e.covered_quantity IS NOT NULL
ORDER BY e.account_id, e.event_start, e.id
