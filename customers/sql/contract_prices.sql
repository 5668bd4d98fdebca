-- Prices agreed with an account or any node above it (PRC-2: distance 0 is nearest and wins), that
-- hold on some day of the window. Grain: one row per account, node and price, nearest first. The
-- chain is that of the day. Binds: %(accounts)s bigint[], %(on_date)s, %(since)s, %(until)s date.
WITH RECURSIVE up AS (
    SELECT a.id AS account_id, a.id AS node_id, 0 AS distance
    FROM customers_account a WHERE a.id = ANY (%(accounts)s::bigint[])
    UNION ALL
    SELECT up.account_id, p.parent_id, up.distance + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.node_id AND p.valid @> %(on_date)s
    WHERE p.parent_id IS NOT NULL AND up.distance < 64
)
SELECT up.account_id, up.distance, k.id, k.charge_id, k.product_id, k.currency, k.kind,
       k.unit_price, k.percent_off, lower(k.valid), upper(k.valid)
FROM up
JOIN customers_contractprice k ON k.account_id = up.node_id AND k.in_force
WHERE k.valid && daterange(%(since)s, %(until)s)
ORDER BY up.account_id, up.distance, k.id
