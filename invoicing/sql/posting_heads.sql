-- Drafts that are about to be posted. Grain: one row per document, by payer.
-- Binds: run_id, payers bigint[]. Reads only.
SELECT v.id, v.payer_id, v.entity_id, v.doc_type, v.currency, v.fx_rate, v.invoice_date,
       v.due_date, v.total, v.payable, v.rounding, v.prepaid, v.functional_total
FROM invoicing_invoice v
WHERE v.run_id = %(run_id)s AND v.payer_id = ANY (%(payers)s::bigint[]) AND v.state = 'DRAFT'
ORDER BY v.payer_id, v.id
