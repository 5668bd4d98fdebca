-- Prices agreed with an account or any node above it (PRC-2: distance 0 is nearest and wins), that
-- hold on some day of the window, each for the days on which its node was above (HIER-5): a move
-- prices no day before it. Grain: one row per account, node, chain and price, nearest first. The
-- first place of an account counts for all days before. Binds: %(accounts)s bigint[], %(since)s,
-- %(until)s date. Reads only.
WITH RECURSIVE up AS (
    SELECT a.id AS account_id, a.id AS node_id, 0 AS distance, '(,)'::daterange AS valid
    FROM customers_account a WHERE a.id = ANY (%(accounts)s::bigint[])
    UNION ALL
    SELECT up.account_id, p.parent_id, up.distance + 1,
           up.valid * CASE WHEN lower(p.valid) <= a.opened_on
                           THEN daterange(NULL, upper(p.valid)) ELSE p.valid END
    FROM up
    JOIN customers_accountposition p ON p.account_id = up.node_id
    JOIN customers_account a ON a.id = p.account_id
    WHERE p.parent_id IS NOT NULL AND up.distance < 64 AND p.valid && daterange(%(since)s, %(until)s)
      AND up.valid && CASE WHEN lower(p.valid) <= a.opened_on
                           THEN daterange(NULL, upper(p.valid)) ELSE p.valid END
)
SELECT up.account_id, up.distance, k.id, k.charge_id, k.product_id, k.currency, k.kind,
       k.unit_price, k.percent_off, lower(k.valid * up.valid), upper(k.valid * up.valid)
FROM up
JOIN customers_contractprice k ON k.account_id = up.node_id AND k.in_force
WHERE k.valid && daterange(%(since)s, %(until)s) AND k.valid && up.valid
ORDER BY up.account_id, up.distance, k.id, lower(up.valid)
