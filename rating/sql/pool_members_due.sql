-- Purpose: who is in which pool, as the dated tree and the subscriptions have it (POOL-4): the services
-- at and below the head of the pool whose subscription is charged for the usage of the pool.
-- Grain: one row per pool, service and stretch of days, never empty. Binds: none. Reads only.
WITH RECURSIVE below AS (
    SELECT p.id AS pool_id, p.usage_type_id, p.node_id AS account_id, p.valid
    FROM rating_ratingpool AS p
    UNION
    SELECT b.pool_id, b.usage_type_id, x.account_id, b.valid * x.valid
    FROM below AS b
    JOIN customers_accountposition AS x
        ON x.parent_id = b.account_id AND x.valid && b.valid
), hung AS (
    SELECT pool_id, usage_type_id, account_id, unnest(range_agg(valid)) AS valid
    FROM below
    GROUP BY 1, 2, 3
)
SELECT h.pool_id, h.usage_type_id, i.id, h.account_id,
    h.valid * daterange(s.effective_on, s.end_on) AS valid
FROM hung AS h
JOIN customers_subscription AS s
    ON s.account_id = h.account_id AND s.state <> 'CANCELLED' AND s.effective_on IS NOT NULL
        AND (s.end_on IS NULL OR s.end_on > s.effective_on)
        AND h.valid && daterange(s.effective_on, s.end_on)
JOIN customers_serviceinstance AS i ON i.subscription_id = s.id
WHERE EXISTS (
    SELECT FROM customers_subscriptioncharge AS c
    JOIN catalog_charge AS k ON k.id = c.charge_id AND k.usage_type_id = h.usage_type_id
    WHERE c.subscription_id = s.id
)
ORDER BY 1, 3, 5
