-- Purpose: end open grants at the instant at which what they were granted for has ended (P9); what was
-- brought to a pool serves its whole period (POOL-2).
-- Grain: one row per bucket that now ends earlier: its account and the new end. Binds: none.
-- Repeating: finds nothing left to end.
UPDATE rating_balancebucket AS b
SET valid = tstzrange(lower(b.valid), greatest(e.ended, lower(b.valid) + interval '1 microsecond'))
FROM (
    SELECT i.id, a.time_zone,
        (CASE WHEN isempty(i.valid) THEN s.effective_on
            ELSE least(upper(i.valid), s.end_on) END)::timestamp AT TIME ZONE a.time_zone AS ended
    FROM customers_subscriptionitem AS i
    JOIN customers_subscription AS s ON s.id = i.subscription_id
    JOIN customers_account AS a ON a.id = s.account_id
    WHERE isempty(i.valid) OR upper(i.valid) IS NOT NULL OR s.end_on IS NOT NULL
) AS e
WHERE b.item_id = e.id AND b.closed_at IS NULL AND b.pool_id IS NULL
    AND (upper(b.valid) IS NULL OR e.ended < upper(b.valid))
    AND upper(b.valid) > lower(b.valid) + interval '1 microsecond'
RETURNING b.account_id, upper(b.valid)
