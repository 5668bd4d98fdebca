-- Purpose: what documents bill that balances of money may pay, tax included, signed as it is owed.
-- Grain: one row per line. Binds: invoices (array). Repeating: reads only.
SELECT l.invoice_id, l.service_start, l.service_end, l.charge_id, l.net + l.tax
FROM invoicing_invoiceline AS l
WHERE l.invoice_id = ANY (%(invoices)s::bigint[])
ORDER BY l.invoice_id, l.seq
