-- Purpose: the sums of each account as they are before they are renewed, and its first day.
-- Grain: one row per account. Binds: accounts, start, finish. Repeating: the place is emptied first.
INSERT INTO rating_rerate_before (account_id, first_date, quantity, events, amount)
SELECT account_id, min(on_date), sum(quantity), sum(event_count), coalesce(sum(amount), 0)
FROM rating_usageaggregate AS a
WHERE (
    on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
) OR EXISTS (
    SELECT FROM rating_rerate_days AS d
    WHERE d.account_id = a.account_id AND d.on_date = a.on_date
)
GROUP BY account_id
