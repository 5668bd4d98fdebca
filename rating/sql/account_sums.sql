-- Purpose: the sums of each account over the days a rerating touches, to compare before and after.
-- Grain: one row per account. Repeating: reads only. Binds: none.
SELECT a.account_id, sum(a.quantity), sum(a.event_count), coalesce(sum(a.amount), 0)
FROM rating_usageaggregate AS a
JOIN rating_rebuild_stage AS s ON s.account_id = a.account_id AND s.on_date = a.on_date
GROUP BY a.account_id
