-- Purpose: I-11: an event that is rated by itself has one result, which says of the same service, charge
-- and day, and no result stands without its event.
-- Grain: one row per account that differs: events and results. Binds: most. Repeating: reads only.
SELECT account_id, count(e.service_id), count(r.service_id)
FROM (
    SELECT account_id, event_start, id, service_id, subscription_charge_id, on_date
    FROM rating_usageevent
    WHERE billable_quantity IS NULL
) AS e
FULL JOIN rating_ratedusage AS r USING (account_id, event_start, id)
WHERE (e.service_id, e.subscription_charge_id, e.on_date)
    IS DISTINCT FROM (r.service_id, r.subscription_charge_id, r.on_date)
GROUP BY account_id
ORDER BY account_id
LIMIT %(most)s
