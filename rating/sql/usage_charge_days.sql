-- Purpose: the usage charges of subscriptions, the local days they are on and their own prices.
-- Grain: one row per subscription charge and segment. Binds: subscriptions (array).
-- Repeating: reads only.
SELECT sc.subscription_id, sc.id, sc.charge_id, lower(g.valid), upper(g.valid), g.override_price
FROM customers_subscriptioncharge AS sc
JOIN catalog_charge AS c ON c.id = sc.charge_id AND c.kind = 'USAGE'
JOIN customers_chargesegment AS g ON g.subscription_charge_id = sc.id AND g.state <> 'OFF'
WHERE sc.subscription_id = ANY(%(subscriptions)s)
ORDER BY sc.id, lower(g.valid)
