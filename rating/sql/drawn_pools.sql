-- Purpose: which pools accounts that are drawn together share, and what each pool is.
-- Grain: one row per account and pool. Binds: accounts. Repeating: reads only.
SELECT DISTINCT m.account_id, p.id, p.allocation, u.precision
FROM rating_poolmember AS m
JOIN rating_ratingpool AS p ON p.id = m.pool_id
JOIN catalog_usagetype AS k ON k.id = p.usage_type_id
JOIN catalog_unitofmeasure AS u ON u.id = k.unit_id
WHERE m.account_id IN (SELECT rating_pool_mates(%(accounts)s::bigint[]))
