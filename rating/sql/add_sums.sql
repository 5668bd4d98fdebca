-- Purpose: add the sums of a part onto the aggregates.
-- Grain: account, subscription charge, service, local date, attribute group.
-- Repeating would add twice: it runs in the transaction that stores the events, once.
INSERT INTO rating_usageaggregate AS a (
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
)
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key,
    sum(quantity), sum(event_count), sum(amount)
FROM rating_sum_stage
GROUP BY account_id, subscription_charge_id, service_id, on_date, attribute_key
ORDER BY account_id, subscription_charge_id, service_id, on_date, attribute_key
ON CONFLICT (account_id, subscription_charge_id, service_id, on_date, attribute_key) DO UPDATE SET
    quantity = a.quantity + excluded.quantity,
    event_count = a.event_count + excluded.event_count,
    amount = a.amount + excluded.amount
