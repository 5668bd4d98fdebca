-- Purpose: how many events the sums of some local days count, and a fingerprint of those sums, by
-- which it is seen whether anything about them has changed.
-- Grain: one row per account. Binds: accounts (array or null), start, finish (half-open).
-- Repeating: reads only.
SELECT
    account_id, sum(event_count)::bigint,
    sum(hashtextextended(concat_ws(
        '|', subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
        amount
    ), 0)::numeric)
FROM rating_usageaggregate
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
GROUP BY account_id
