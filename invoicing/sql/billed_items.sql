-- What has been billed of the charges of some accounts, by any payer, within the look-back.
-- Grain: one row per charge item, by charge. Drafts of the run itself are left out; a payer is in
-- one run at a time, so every other item with a line belongs to a posted document.
-- Binds: accounts bigint[], run_id, since date, long_charges bigint[], long_since date. Reads only.
-- The array and `<> 0` open the index of identities, which holds no items made by hand.
SELECT sc.account_id, i.subscription_charge_id, i.payer_id, i.id, i.line_id, i.period_start, i.period_end,
       i.segment_start, i.segment_end, i.usage_key, i.price_key, i.generation, i.quantity,
       i.unit_price, i.factor, i.amount, i.price_version_id, i.service_id, i.reverses_id,
       i.charge_id
FROM customers_subscriptioncharge sc
JOIN invoicing_chargeitem i ON i.subscription_charge_id = sc.id
WHERE i.subscription_charge_id = ANY (ARRAY(
      SELECT id FROM customers_subscriptioncharge WHERE account_id = ANY (%(accounts)s::bigint[])))
  AND i.subscription_charge_id <> 0 AND i.period_start >= %(since)s
  AND i.line_id IS NOT NULL AND i.run_id IS DISTINCT FROM %(run_id)s
UNION ALL
SELECT sc.account_id, i.subscription_charge_id, i.payer_id, i.id, i.line_id, i.period_start, i.period_end,
       i.segment_start, i.segment_end, i.usage_key, i.price_key, i.generation, i.quantity,
       i.unit_price, i.factor, i.amount, i.price_version_id, i.service_id, i.reverses_id,
       i.charge_id
FROM customers_subscriptioncharge sc
JOIN invoicing_chargeitem i ON i.subscription_charge_id = sc.id
WHERE i.subscription_charge_id = ANY (ARRAY(
      SELECT id FROM customers_subscriptioncharge
      WHERE account_id = ANY (%(accounts)s::bigint[]) AND charge_id = ANY (%(long_charges)s::bigint[])))
  AND i.subscription_charge_id <> 0 AND i.period_start >= %(long_since)s AND i.period_start < %(since)s
  AND i.line_id IS NOT NULL AND i.run_id IS DISTINCT FROM %(run_id)s
ORDER BY 2, 4
