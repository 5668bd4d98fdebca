-- Purpose: the open buckets that have ended by a moment, of each account those that ended first: what
-- they leave may be rolled over into the time of the next. Money stays open until `money_until`, for
-- what is billed late of its days. Grain: one row per bucket.
-- Binds: as_of, money_until, size. Repeating: reads only.
SELECT id, account_id FROM (
    SELECT id, account_id, upper(valid) AS ended,
        min(upper(valid)) OVER (PARTITION BY account_id) AS first
    FROM rating_balancebucket
    WHERE closed_at IS NULL AND upper(valid) <= %(as_of)s
        AND (currency = '' OR upper(valid) <= %(money_until)s)
) AS due
WHERE ended = first
ORDER BY account_id, id
LIMIT %(size)s
