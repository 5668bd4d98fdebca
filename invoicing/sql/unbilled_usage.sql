-- Usage of accounts on days of which no document was posted, by charge and attribute group.
-- Grain: one row per subscription charge and group. Binds: accounts bigint[], as_of date. Reads only.
SELECT sc.charge_id, customers_pricebook_of(sc.account_id, %(as_of)s::date), c.segment,
       u.attribute_key, max(u.on_date), sum(u.quantity),
       CASE WHEN count(u.amount) = count(*) THEN sum(u.amount) END, a.currency
FROM customers_subscriptioncharge sc
JOIN customers_account a ON a.id = sc.account_id
JOIN customers_customer c ON c.id = a.customer_id
JOIN rating_usageaggregate u ON u.account_id = sc.account_id AND u.subscription_charge_id = sc.id
WHERE sc.account_id = ANY (%(accounts)s::bigint[])
  AND u.on_date >= coalesce((
      SELECT max(i.period_end) FROM invoicing_chargeitem i
      WHERE i.subscription_charge_id = sc.id AND i.subscription_charge_id <> 0
        AND i.line_id IS NOT NULL), '-infinity')
GROUP BY sc.id, sc.charge_id, sc.account_id, c.segment, u.attribute_key, a.currency
