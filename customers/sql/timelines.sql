-- The timeline of every charge of some accounts from a day on, as charging reads it. Grain: one row
-- per segment, ordered by charge and start. `price_day` is the day whose prices are locked, NULL
-- when they float; `place` the jurisdiction of a service address of its own.
-- Binds: %(accounts)s bigint[], %(since)s date. Reads only.
-- The array opens the B-tree of the charges; by a join, or with &&, it would be the slower GiST.
SELECT sc.account_id, sc.id, sc.charge_id, sc.anchor, lower(g.valid), upper(g.valid), g.quantity,
       g.override_price, g.state,
       g.price_day,
       (SELECT d.jurisdiction_id FROM customers_address d WHERE d.id = s.service_address_id)
FROM customers_subscriptioncharge sc
JOIN customers_subscription s ON s.id = sc.subscription_id
JOIN customers_chargesegment g ON g.subscription_charge_id = sc.id
WHERE g.subscription_charge_id = ANY (ARRAY(
      SELECT id FROM customers_subscriptioncharge WHERE account_id = ANY (%(accounts)s::bigint[])))
  AND coalesce(upper(g.valid), 'infinity') > %(since)s
ORDER BY sc.account_id, sc.id, lower(g.valid)
