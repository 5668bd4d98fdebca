-- Purpose: the balances of money that may pay documents of accounts: those with something left, in
-- local days of the account, past their end too while they are not closed.
-- Grain: one row per balance, in the order of ids. Binds: accounts (array). Found by a partial index
-- that holds nothing where nobody pays in advance. Repeating: reads only.
SELECT
    b.account_id, b.id, b.remaining, b.initial, b.consideration, b.currency::text,
    (lower(b.valid) AT TIME ZONE a.time_zone)::date, (upper(b.valid) AT TIME ZONE a.time_zone)::date,
    b.usage_type_id, b.priority, b.source
FROM rating_balancebucket AS b
JOIN customers_account AS a ON a.id = b.account_id
WHERE b.account_id = ANY (%(accounts)s) AND b.currency <> '' AND b.closed_at IS NULL
    AND b.remaining > 0
ORDER BY b.id
