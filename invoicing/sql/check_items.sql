-- I-10: an invoiced item is what its line says (net, or net and tax for an inclusive price), and the
-- reversals of an item never exceed it, and a discount is of an item of its charge. Grain: one row per fault (invoice, what, expected, actual).
SELECT l.invoice_id, 'item ' || i.id || ' and its line differ', i.amount,
       l.net * CASE v.doc_type WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END
FROM invoicing_chargeitem i
JOIN invoicing_invoiceline l ON l.id = i.line_id
JOIN invoicing_invoice v ON v.id = l.invoice_id AND v.state = 'POSTED'
CROSS JOIN LATERAL (
    SELECT CASE v.doc_type WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END AS sign
) s
WHERE i.amount <> l.net * s.sign AND i.amount <> (l.net + l.tax) * s.sign
UNION ALL
SELECT l.invoice_id, 'item ' || i.id || ' is given back beyond its amount', i.amount, r.back
FROM invoicing_chargeitem i
JOIN invoicing_invoiceline l ON l.id = i.line_id
JOIN (SELECT reverses_id, -sum(amount) AS back FROM invoicing_chargeitem
      WHERE reverses_id IS NOT NULL GROUP BY 1) r ON r.reverses_id = i.id
WHERE abs(r.back) > abs(i.amount) OR r.back * i.amount < 0
UNION ALL
SELECT l.invoice_id, 'discount ' || i.id || ' has no base', i.amount, b.amount
FROM invoicing_chargeitem i
JOIN invoicing_invoiceline l ON l.id = i.line_id
LEFT JOIN invoicing_chargeitem b ON b.id = i.base_item_id AND b.charge_id = i.charge_id
WHERE i.grant_id IS NOT NULL AND b.id IS NULL
