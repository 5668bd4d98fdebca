-- The usage charges of some subscriptions in time: where a guided event may be rated. Grain: one row
-- per segment of a usage charge, ordered by subscription, charge and start.
-- Binds: %(subscriptions)s bigint[]. Reads only.
SELECT sc.subscription_id, sc.id, sc.charge_id, lower(g.valid), upper(g.valid), g.state,
       g.override_price
FROM customers_subscriptioncharge sc
JOIN catalog_charge c ON c.id = sc.charge_id AND c.kind = 'USAGE'
JOIN customers_chargesegment g ON g.subscription_charge_id = sc.id
WHERE sc.subscription_id = ANY (%(subscriptions)s)
ORDER BY sc.subscription_id, sc.id, lower(g.valid)
