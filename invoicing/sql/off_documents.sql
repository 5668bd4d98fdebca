-- What discounts on whole documents have taken off some payers so far, and in how many runs (DSC-4,
-- DSC-5). What was taken back of them counts for nothing: it went with its charge.
-- Grain: one row per payer and discount given. Drafts of the run itself are left out.
-- Binds: payers bigint[], run_id. Reads only.
SELECT i.payer_id, i.grant_id, -sum(i.amount), count(DISTINCT i.run_id)
FROM customers_granteddiscount g
JOIN catalog_discountdef d ON d.id = g.discount_id AND d.level = 'INVOICE'
JOIN invoicing_chargeitem i ON i.grant_id = g.id
WHERE i.payer_id = ANY (%(payers)s::bigint[]) AND i.grant_id IS NOT NULL
  AND i.reverses_id IS NULL AND i.line_id IS NOT NULL AND i.run_id IS DISTINCT FROM %(run_id)s
GROUP BY i.payer_id, i.grant_id
