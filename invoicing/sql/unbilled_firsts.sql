-- Recurring and one-time charges of accounts that no document has billed yet: the quantity and own
-- price of their first segment that is charged. Those that begin after the day count too.
-- Grain: one row per subscription charge. Binds: accounts bigint[], as_of date. Reads only.
SELECT sc.charge_id, customers_pricebook_of(sc.account_id, %(as_of)s::date), c.segment,
       g.override_price, lower(g.valid), g.quantity, a.currency
FROM customers_subscriptioncharge sc
JOIN customers_account a ON a.id = sc.account_id
JOIN customers_customer c ON c.id = a.customer_id
JOIN catalog_charge k ON k.id = sc.charge_id AND k.kind <> 'USAGE' AND k.trigger <> 'END'
CROSS JOIN LATERAL (
    SELECT s.override_price, s.valid, s.quantity FROM customers_chargesegment s
    WHERE s.subscription_charge_id = sc.id AND s.state <> 'OFF'
    ORDER BY s.valid LIMIT 1) g
WHERE sc.account_id = ANY (%(accounts)s::bigint[])
  AND NOT EXISTS (
      SELECT FROM invoicing_chargeitem i
      WHERE i.subscription_charge_id = sc.id AND i.subscription_charge_id <> 0
        AND i.line_id IS NOT NULL)
