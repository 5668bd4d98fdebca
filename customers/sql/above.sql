-- The accounts above one by the parents of now, the root first.
-- Grain: one row per account above. Binds: account_id. Reads only.
WITH RECURSIVE up AS (
    SELECT parent_id AS id, 1 AS distance FROM customers_account WHERE id = %(account_id)s
    UNION ALL
    SELECT a.parent_id, up.distance + 1 FROM up JOIN customers_account a ON a.id = up.id
)
SELECT a.* FROM up JOIN customers_account a ON a.id = up.id ORDER BY up.distance DESC
