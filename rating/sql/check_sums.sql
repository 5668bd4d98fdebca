-- Purpose: I-11: sums equal their events. Grain: one row per account that differs: the sum of
-- quantities and counts expected (events) and actual (sums). Binds: most. Repeating: reads only.
WITH events AS (
    SELECT
        account_id, subscription_charge_id, service_id, on_date, attribute_key,
        sum(billable_quantity) - coalesce(sum(covered_quantity), 0) AS quantity,
        count(*) AS event_count, sum(amount_exact) - coalesce(sum(covered_amount), 0) AS amount
    FROM rating_countedusage
    GROUP BY 1, 2, 3, 4, 5
)
SELECT
    account_id,
    string_agg(coalesce(e.quantity, 0) || '/' || coalesce(e.event_count, 0), ' '),
    string_agg(coalesce(a.quantity, 0) || '/' || coalesce(a.event_count, 0), ' ')
FROM events AS e
FULL JOIN rating_usageaggregate AS a
    USING (account_id, subscription_charge_id, service_id, on_date, attribute_key)
WHERE e.quantity IS DISTINCT FROM a.quantity
    OR e.event_count IS DISTINCT FROM a.event_count
    OR e.amount IS DISTINCT FROM a.amount
GROUP BY account_id
ORDER BY account_id
LIMIT %(most)s
