-- An account and all that hang below it on a day, by the dated positions, whoever pays.
-- Grain: one row per account. Binds: account_id, on_date date. Reads only.
WITH RECURSIVE down AS (
    SELECT %(account_id)s::bigint AS id
    UNION
    SELECT p.account_id
    FROM down JOIN customers_accountposition p
      ON p.parent_id = down.id AND p.valid @> %(on_date)s::date
)
SELECT id FROM down
