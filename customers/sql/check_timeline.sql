-- Subscription charges whose timeline overlaps itself or leaves the life of its subscription, and
-- owners that disagree. Impossible while the guards stand; still counted. Reads only.
SELECT s.number, 'overlapping segments', g.valid::text, h.valid::text
FROM customers_chargesegment g
JOIN customers_chargesegment h
  ON h.subscription_charge_id = g.subscription_charge_id AND h.valid && g.valid AND h.id > g.id
JOIN customers_subscriptioncharge c ON c.id = g.subscription_charge_id
JOIN customers_subscription s ON s.id = c.subscription_id
UNION ALL
SELECT s.number, 'segment outside the life of the subscription',
       daterange(s.effective_on, s.end_on)::text, g.valid::text
FROM customers_chargesegment g
JOIN customers_subscriptioncharge c ON c.id = g.subscription_charge_id
JOIN customers_subscription s ON s.id = c.subscription_id
WHERE s.state = 'CANCELLED' OR NOT daterange(s.effective_on, s.end_on) @> g.valid
UNION ALL
SELECT s.number, 'charge with another owner', s.account_id::text, c.account_id::text
FROM customers_subscriptioncharge c JOIN customers_subscription s ON s.id = c.subscription_id
WHERE c.account_id <> s.account_id
