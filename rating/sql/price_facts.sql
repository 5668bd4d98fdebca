-- Purpose: what of an account decides listed prices: its price book and its customer's segment.
-- Grain: one row per account. Binds: accounts (array), on_date (the tree of that day).
-- Repeating: reads only.
SELECT
    a.id,
    coalesce(
        a.pricebook_id,
        CASE WHEN p.parent_id IS NOT NULL THEN customers_pricebook_of(p.parent_id, %(on_date)s) END
    ),
    c.segment
FROM customers_account AS a
JOIN customers_customer AS c ON c.id = a.customer_id
LEFT JOIN customers_accountposition AS p ON p.account_id = a.id AND p.valid @> %(on_date)s::date
WHERE a.id = ANY(%(accounts)s)
