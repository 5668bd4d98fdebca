-- Of an account and those above it on a day, by the dated positions, the ones with a credit limit,
-- nearest first. Grain: one row per account. Binds: account_id, on_date date. Reads only.
WITH RECURSIVE up AS (
    SELECT %(account_id)s::bigint AS id, 0 AS distance
    UNION ALL
    SELECT p.parent_id, up.distance + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.id AND p.valid @> %(on_date)s::date
    WHERE p.parent_id IS NOT NULL AND up.distance < 64
)
SELECT a.* FROM up JOIN customers_account a ON a.id = up.id
WHERE a.credit_limit IS NOT NULL ORDER BY up.distance
