-- Purpose: add up the events of staged accounts and days anew, in place of the sums kept so far.
-- Grain: as rating_usageaggregate. Repeating: gives the same sums. Binds: none.
DELETE FROM rating_usageaggregate AS a
USING rating_rebuild_stage AS s
WHERE a.account_id = s.account_id AND a.on_date = s.on_date;
INSERT INTO rating_usageaggregate (
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
)
SELECT
    e.account_id, e.subscription_charge_id, e.service_id, e.on_date, e.attribute_key,
    sum(e.billable_quantity - coalesce(e.covered_quantity, 0)), count(*),
    sum(e.amount_exact - coalesce(e.covered_amount, 0))
FROM rating_usageevent AS e
JOIN rating_rebuild_stage AS s ON s.account_id = e.account_id AND s.on_date = e.on_date
GROUP BY 1, 2, 3, 4, 5;
