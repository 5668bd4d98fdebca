-- Posted lines that are about to be credited, with their taxes and what was credited before
-- (TAX-12), signed as the charge was. Grain: one row per line and tax; a line without tax has one
-- row with nulls. Binds: lines bigint[], run_id. Reads only.
SELECT l.id, l.invoice_id, l.net * s.sign, l.charge_item_id,
       coalesce(c.net, 0), coalesce(c.gross, 0),
       t.jurisdiction_id, t.tax_type_id, t.category, t.rate, t.basis * s.sign,
       t.amount * s.sign, t.exemption_id, t.trace
FROM invoicing_invoiceline l
JOIN invoicing_invoice v ON v.id = l.invoice_id
CROSS JOIN LATERAL (
    SELECT CASE v.doc_type WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END AS sign
) s
LEFT JOIN LATERAL (
    SELECT sum(k.net * z.sign) AS net, sum((k.net + k.tax) * z.sign) AS gross
    FROM invoicing_invoiceline k
    JOIN invoicing_invoice w ON w.id = k.invoice_id AND w.state = 'POSTED'
    CROSS JOIN LATERAL (
        SELECT CASE w.doc_type WHEN 'CREDIT_NOTE' THEN 1 ELSE -1 END AS sign
    ) z
    WHERE k.original_line_id = l.id AND w.run_id IS DISTINCT FROM %(run_id)s
) c ON true
LEFT JOIN invoicing_taxline t ON t.line_id = l.id
WHERE l.id = ANY (%(lines)s::bigint[])
ORDER BY l.id, t.id
