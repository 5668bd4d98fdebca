-- Purpose: put the new sums in place of those that differ; what is the same is not touched.
-- The lock of sums is held alone, so that nobody adds one between looking and inserting.
-- Grain: as rating_usageaggregate. Binds: accounts, start, finish. Repeating: changes nothing.
DELETE FROM rating_usageaggregate AS a
WHERE (
    (
        on_date >= %(start)s AND on_date < %(finish)s
        AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
    ) OR EXISTS (
        SELECT FROM rating_rerate_days AS d
        WHERE d.account_id = a.account_id AND d.on_date = a.on_date
    )
) AND NOT EXISTS (
    SELECT FROM rating_rerate_sums AS n
    WHERE n.account_id = a.account_id AND n.subscription_charge_id = a.subscription_charge_id
        AND n.service_id = a.service_id AND n.on_date = a.on_date
        AND n.attribute_key = a.attribute_key AND n.quantity = a.quantity
        AND n.event_count = a.event_count AND n.amount IS NOT DISTINCT FROM a.amount
);
INSERT INTO rating_usageaggregate (
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
)
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
FROM rating_rerate_sums AS n
WHERE NOT EXISTS (
    SELECT FROM rating_usageaggregate AS a
    WHERE a.account_id = n.account_id AND a.subscription_charge_id = n.subscription_charge_id
        AND a.service_id = n.service_id AND a.on_date = n.on_date
        AND a.attribute_key = n.attribute_key
)
ORDER BY account_id, subscription_charge_id, service_id, on_date, attribute_key;
