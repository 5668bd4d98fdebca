-- I-7: posted documents that do not have exactly one original journal entry. Grain: one row per
-- document at fault. Reads only.
SELECT v.id, count(e.id)
FROM invoicing_invoice v
LEFT JOIN ledger_journalentry e
  ON e.source_type = 'invoicing.invoice' AND e.source_id = v.id AND e.reversal_of_id IS NULL
WHERE v.state = 'POSTED'
GROUP BY v.id
HAVING count(e.id) <> 1
