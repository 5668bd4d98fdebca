-- I-9: lines, taxes and totals of a document that there is not, which the sums of documents cannot
-- show. Nothing but guards of the statement keep them away (decision 14). Grain: one row per fault
-- (what it names as its document or line, what it is, expected, actual). Reads only.
SELECT l.invoice_id, 'there is no such document for line ' || l.id, 'a document', 'none'
FROM invoicing_invoiceline l LEFT JOIN invoicing_invoice v ON v.id = l.invoice_id
WHERE v.id IS NULL
UNION ALL
SELECT t.line_id, 'there is no such line for tax ' || t.id, 'a line', 'none'
FROM invoicing_taxline t LEFT JOIN invoicing_invoiceline l ON l.id = t.line_id
WHERE l.id IS NULL
UNION ALL
SELECT t.invoice_id, 'there is no such document for tax total ' || t.id, 'a document', 'none'
FROM invoicing_taxtotal t LEFT JOIN invoicing_invoice v ON v.id = t.invoice_id
WHERE v.id IS NULL
