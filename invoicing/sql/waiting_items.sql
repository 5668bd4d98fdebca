-- Items that wait for the payer's next document: fees and corrections made by hand before billing.
-- Grain: one row per item. Items that this run's own draft
-- has taken count too, so that the inputs look the same at posting. Binds: payers bigint[], run_id. Reads only.
SELECT i.payer_id, i.id, i.account_id, i.kind, i.period_start, i.period_end, i.segment_start,
       i.segment_end, i.quantity, i.unit_price, i.amount, i.currency, i.tax_category, i.gl_code,
       i.product_id, i.charge_id, i.text
FROM invoicing_chargeitem i
WHERE i.payer_id = ANY (%(payers)s::bigint[]) AND i.subscription_charge_id = 0
  AND (i.line_id IS NULL OR i.run_id = %(run_id)s)
ORDER BY i.id
