-- Purpose: the accounts whose sums have become others, before and after.
-- Grain: one row per such account, by account. Binds: accounts, start, finish.
-- Repeating: reads only.
WITH renewed AS (
    SELECT account_id, sum(quantity) AS quantity, sum(event_count) AS events,
        coalesce(sum(amount), 0) AS amount
    FROM rating_usageaggregate AS a
    WHERE (
        on_date >= %(start)s AND on_date < %(finish)s
        AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
    ) OR EXISTS (
        SELECT FROM rating_rerate_days AS d
        WHERE d.account_id = a.account_id AND d.on_date = a.on_date
    )
    GROUP BY account_id
)
SELECT
    account_id, coalesce(b.quantity, 0), coalesce(r.quantity, 0),
    coalesce(b.events, 0)::bigint, coalesce(r.events, 0)::bigint,
    coalesce(b.amount, 0), coalesce(r.amount, 0)
FROM rating_rerate_before AS b
FULL JOIN renewed AS r USING (account_id)
WHERE (b.quantity, b.events, b.amount) IS DISTINCT FROM (r.quantity, r.events, r.amount)
ORDER BY account_id
