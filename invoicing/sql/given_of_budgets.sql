-- What was billed of the discounts that have a budget and may still be given (DSC-3).
-- Grain: one row per discount. Reads only.
SELECT d.id, -sum(i.amount)
FROM catalog_discountdef d
JOIN customers_granteddiscount g ON g.discount_id = d.id
JOIN invoicing_chargeitem i ON i.grant_id = g.id AND i.grant_id IS NOT NULL
JOIN invoicing_invoiceline l ON l.id = i.line_id
JOIN invoicing_invoice v ON v.id = l.invoice_id AND v.state = 'POSTED'
WHERE d.budget IS NOT NULL AND d.is_used
  AND d.valid && daterange(%(on_date)s, NULL)
GROUP BY d.id
