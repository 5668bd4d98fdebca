-- What the documents that are about to be posted credit: net by GL code, tax by jurisdiction and
-- tax type. Grain: one row per document and group; a row has a GL code or a tax type.
-- Binds: invoices bigint[]. Reads only.
SELECT l.invoice_id, l.gl_code, NULL::bigint, NULL::bigint, sum(l.net)
FROM invoicing_invoiceline l
WHERE l.invoice_id = ANY (%(invoices)s::bigint[])
GROUP BY l.invoice_id, l.gl_code
UNION ALL
SELECT t.invoice_id, NULL, t.jurisdiction_id, t.tax_type_id, sum(t.amount)
FROM invoicing_taxtotal t
WHERE t.invoice_id = ANY (%(invoices)s::bigint[])
GROUP BY t.invoice_id, t.jurisdiction_id, t.tax_type_id
