-- Accounts whose picture of now is not their position of the day, parents before their children in
-- the tree of that day, so that each is hung where its place stands already.
-- Grain: one row per account. Binds: %(on_date)s date. Reads only.
WITH RECURSIVE due AS (
    SELECT p.account_id, p.parent_id, a.time_zone
    FROM customers_accountposition p JOIN customers_account a ON a.id = p.account_id
    WHERE p.valid @> %(on_date)s
      AND (p.parent_id, p.role) IS DISTINCT FROM (a.parent_id, a.role)
), up AS (
    SELECT account_id, parent_id, 0 AS depth FROM due
    UNION ALL
    SELECT up.account_id, p.parent_id, up.depth + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.parent_id AND p.valid @> %(on_date)s
)
SELECT due.account_id, due.time_zone
FROM due
ORDER BY (SELECT max(depth) FROM up WHERE up.account_id = due.account_id), due.account_id
