-- What clerks have credited by hand of lines of some payers: it may not be given back twice
-- (CHG-11). Grain: one row per credited line. Binds: payers bigint[], since date. Reads only.
SELECT l.original_line_id, sum(l.net), sum(l.net + l.tax)
FROM invoicing_invoice v
JOIN invoicing_invoiceline l ON l.invoice_id = v.id
WHERE v.payer_id = ANY (%(payers)s::bigint[]) AND v.origin = 'MANUAL' AND v.doc_type = 'CREDIT_NOTE'
  AND v.state = 'POSTED' AND v.invoice_date >= %(since)s
  AND l.original_line_id IS NOT NULL AND l.charge_item_id IS NULL
GROUP BY l.original_line_id
