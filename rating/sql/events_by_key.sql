-- Purpose: stored events by their keys.
-- Grain: one row per key that is there. Binds: accounts, starts, ids (parallel arrays).
-- Repeating: reads only.
SELECT e.*
FROM unnest(%(accounts)s::bigint[], %(starts)s::timestamptz[], %(ids)s::bigint[])
    AS asked (account_id, event_start, id)
JOIN rating_usageevent AS e USING (account_id, event_start, id)
