-- Purpose: what of an account decides listed prices: its price book and its customer's segment.
-- Grain: one row per account. Binds: accounts (array), on_date (the tree of that day).
-- Repeating: reads only.
SELECT a.id, customers_pricebook_of(a.id, %(on_date)s), c.segment
FROM customers_account AS a
JOIN customers_customer AS c ON c.id = a.customer_id
WHERE a.id = ANY(%(accounts)s)
