-- I-14: series of invoices and memos whose drawn numbers are not all carried by documents. Grain:
-- one row per series at fault. Reads only.
SELECT s.id, s.doc_type || ' ' || s.fiscal_year, s.next_no - 1, count(v.id)
FROM ledger_numberseries s
LEFT JOIN invoicing_invoice v
  ON v.entity_id = s.entity_id AND v.doc_type = s.doc_type
 AND left(v.number, length(replace(s.prefix, '{year}', s.fiscal_year::text)))
     = replace(s.prefix, '{year}', s.fiscal_year::text)
WHERE s.doc_type IN ('INVOICE', 'CREDIT_NOTE', 'DEBIT_NOTE')
GROUP BY s.id
HAVING s.next_no - 1 <> count(v.id)
