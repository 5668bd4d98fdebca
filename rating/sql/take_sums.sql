-- Purpose: take the staged sums of events that were taken back off the aggregates; what counts no
-- event any more goes. Grain: as rating_usageaggregate. Binds: none.
-- Repeating would take twice: it runs once, in the transaction that takes the events.
DELETE FROM rating_usageaggregate AS a
USING rating_sum_stage AS s
WHERE a.account_id = s.account_id AND a.subscription_charge_id = s.subscription_charge_id
    AND a.service_id = s.service_id AND a.on_date = s.on_date
    AND a.attribute_key = s.attribute_key AND a.event_count = s.event_count;
UPDATE rating_usageaggregate AS a SET
    quantity = a.quantity - s.quantity,
    event_count = a.event_count - s.event_count,
    amount = a.amount - coalesce(s.amount, 0)
FROM rating_sum_stage AS s
WHERE a.account_id = s.account_id AND a.subscription_charge_id = s.subscription_charge_id
    AND a.service_id = s.service_id AND a.on_date = s.on_date
    AND a.attribute_key = s.attribute_key;
