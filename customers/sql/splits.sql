-- Days on which the running periods of accounts are divided between the payers before and after: their own
-- moves, and those of an account above that they hang below as non-payers (HIER-6, SPLIT). Grain: one
-- row per account and day. Binds: %(accounts)s bigint[], %(since)s date. Reads only.
WITH RECURSIVE moved AS (
    SELECT p.account_id, lower(p.valid) AS day
    FROM customers_accountposition p
    WHERE p.splits_periods AND lower(p.valid) > %(since)s
    UNION
    SELECT p.account_id, m.day
    FROM moved m
    JOIN customers_accountposition p
      ON p.parent_id = m.account_id AND p.role = 'NON_PAYER' AND p.valid @> m.day
)
SELECT account_id, day FROM moved WHERE account_id = ANY (%(accounts)s::bigint[])
ORDER BY account_id, day
