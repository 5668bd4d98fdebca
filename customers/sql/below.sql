-- An account and all below it by the parents of now, in tree order, siblings by their number.
-- Grain: one row per account, with how far it is below. Binds: account_id, most (accounts at most). Reads only.
WITH RECURSIVE down AS (
    SELECT id, ARRAY[number]::text[] AS way FROM customers_account WHERE id = %(account_id)s
    UNION ALL
    SELECT a.id, down.way || a.number::text
    FROM down JOIN customers_account a ON a.parent_id = down.id
)
SELECT id, cardinality(way) - 1 FROM down ORDER BY way LIMIT %(most)s
