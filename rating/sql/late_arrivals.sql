-- Purpose: usage of local days [start, finish) that came after a moment, by account.
-- Grain: one row per account. Binds: start, finish, since. Repeating: reads only.
-- A local day lies within a day of the same day in UTC, which spares the other months.
SELECT account_id, count(*), min(on_date), max(on_date)
FROM rating_usageevent
WHERE received_at > %(since)s AND on_date >= %(start)s AND on_date < %(finish)s
    AND event_start >= %(start)s::date - interval '2 days'
    AND event_start < %(finish)s::date + interval '2 days'
GROUP BY account_id
ORDER BY account_id
