-- The timeline of every charge of some accounts from a day on. Grain: one row per segment, ordered
-- by account, subscription charge and start. `place` is the jurisdiction of the service address of
-- the subscription, NULL when the account's own place counts.
-- Binds: %(accounts)s bigint[], %(since)s date. Reads only.
SELECT sc.account_id, sc.subscription_id, sc.item_id, sc.id, sc.charge_id, sc.anchor,
       g.id, lower(g.valid), upper(g.valid), g.quantity, g.override_price, g.state,
       g.order_item_id, s.price_policy, s.effective_on, s.end_on, lower(s.term), upper(s.term),
       d.jurisdiction_id
FROM customers_subscriptioncharge sc
JOIN customers_subscription s ON s.id = sc.subscription_id
JOIN customers_chargesegment g ON g.subscription_charge_id = sc.id
LEFT JOIN customers_address d ON d.id = s.service_address_id
WHERE sc.account_id = ANY (%(accounts)s::bigint[]) AND g.valid && daterange(%(since)s, NULL)
ORDER BY sc.account_id, sc.id, lower(g.valid)
