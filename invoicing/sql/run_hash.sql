-- Fingerprint of everything an approver approves: every payer with its state and amount, every
-- draft with its content (BR-6). Grain: one row. Binds: run_id. Reads only.
SELECT encode(sha256(convert_to(
    coalesce((SELECT string_agg(a.payer_id || ':' || a.state || ':' || a.amount, ',' ORDER BY a.payer_id)
              FROM invoicing_billrunaccount a
              WHERE a.run_id = %(run_id)s AND a.state <> 'NOT_SELECTED'), '')
    || '#' ||
    coalesce((SELECT string_agg(v.id || ':' || encode(v.content_hash, 'hex'), ',' ORDER BY v.id)
              FROM invoicing_invoice v
              WHERE v.run_id = %(run_id)s AND v.state = 'DRAFT'), ''), 'UTF8')), 'hex')
