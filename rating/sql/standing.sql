-- Purpose: what of money bears on the use of an account at a moment: the cap that blocks it, and what
-- balances of money its payer has for the kind of usage. Grain: one row.
-- Binds: account, day (local), at, kind (usage type). Repeating: reads only.
SELECT c.amount, p.id, (
    SELECT coalesce(sum(b.remaining), 0)
    FROM rating_balancebucket AS b
    LEFT JOIN catalog_usagetype AS u ON u.id = b.usage_type_id
    WHERE b.account_id = p.id AND b.currency <> '' AND b.closed_at IS NULL
        AND b.valid @> %(at)s::timestamptz AND (u.code IS NULL OR u.code = %(kind)s)
)
FROM (SELECT customers_payer_of(%(account)s, %(day)s) AS id) AS p
LEFT JOIN rating_spendcap AS c
    ON c.account_id = %(account)s AND c.blocks AND c.valid @> %(day)s::date
