-- Commitments agreed with some accounts, with the charges of subscriptions that they are measured over: those
-- of the account and of all accounts below it among the given ones (COM-1, COM-4). The tree is that of the day.
-- Grain: one row per commitment and charge; one without charges has one row with nulls.
-- Binds: %(accounts)s bigint[], %(on_date)s, %(since)s date. Reads only.
WITH RECURSIVE up AS (
    SELECT a.id AS account_id, a.id AS node_id, 0 AS distance
    FROM customers_account a WHERE a.id = ANY (%(accounts)s::bigint[])
    UNION ALL
    SELECT up.account_id, p.parent_id, up.distance + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.node_id AND p.valid @> %(on_date)s
    WHERE p.parent_id IS NOT NULL AND up.distance < 64
)
SELECT c.id, c.spec_id, c.amount, lower(c.valid), upper(c.valid), c.account_id, sc.account_id,
       sc.id, sc.charge_id
FROM up
JOIN customers_contractcommitment c ON c.account_id = up.node_id
LEFT JOIN customers_subscriptioncharge sc ON sc.account_id = up.account_id
WHERE c.account_id = ANY (%(accounts)s::bigint[]) AND upper(c.valid) > %(since)s
ORDER BY c.id, sc.id
