-- I-9: Σ line net = net, Σ line tax = Σ tax lines = Σ tax totals = tax. Grain: one row per document
-- and sum that differs (what, expected, actual). Reads only.
WITH lines AS (
    SELECT invoice_id, sum(net) AS net, sum(tax) AS tax FROM invoicing_invoiceline GROUP BY 1
), taxes AS (
    SELECT l.invoice_id, sum(t.amount) AS tax
    FROM invoicing_taxline t JOIN invoicing_invoiceline l ON l.id = t.line_id GROUP BY 1
), totals AS (
    SELECT invoice_id, sum(amount) AS tax FROM invoicing_taxtotal GROUP BY 1
)
SELECT v.id, x.what, x.expected, x.actual
FROM invoicing_invoice v
LEFT JOIN lines l ON l.invoice_id = v.id
LEFT JOIN taxes t ON t.invoice_id = v.id
LEFT JOIN totals s ON s.invoice_id = v.id
CROSS JOIN LATERAL (VALUES
    ('the lines', v.net, coalesce(l.net, 0)),
    ('the taxes of the lines', v.tax, coalesce(l.tax, 0)),
    ('the tax lines', v.tax, coalesce(t.tax, 0)),
    ('the tax totals', v.tax, coalesce(s.tax, 0))
) AS x(what, expected, actual)
WHERE v.state IN ('DRAFT', 'POSTED', 'SUPPRESSED') AND x.expected <> x.actual
