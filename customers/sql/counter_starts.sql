-- When the tier counters of subscription charges begin: the first day of the subscription, and those
-- of its later terms in order (TIER-3). Grain: one row per subscription charge given.
-- Binds: %(charges)s bigint[]. Reads only.
SELECT sc.id, s.effective_on,
       ARRAY(SELECT i.effective_on
             FROM customers_orderitem i
             JOIN customers_order o ON o.id = i.order_id
             WHERE i.subscription_id = s.id AND i.action = 'RENEW' AND i.withdrawn_on IS NULL
               AND o.state IN ('SUBMITTED', 'COMPLETED')
             ORDER BY 1)
FROM customers_subscriptioncharge sc
JOIN customers_subscription s ON s.id = sc.subscription_id
WHERE sc.id = ANY (%(charges)s::bigint[])
