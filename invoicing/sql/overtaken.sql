-- Payers whose drafts do not say what their documents calculated again say. Grain: one row per payer.
-- Binds: run_id, payers bigint[]; what is said now: of_payers, contents, due_dates, po_numbers, languages,
-- buyers (arrays of equal length). Reads only.
WITH now AS (
    SELECT s.payer_id, decode(s.content, 'hex'), s.due_date, s.po_number, s.language, s.buyer
    FROM unnest(%(of_payers)s::bigint[], %(contents)s::text[], %(due_dates)s::date[],
                %(po_numbers)s::text[], %(languages)s::text[], %(buyers)s::jsonb[])
         AS s(payer_id, content, due_date, po_number, language, buyer)
), kept AS (
    SELECT v.payer_id, v.content_hash, v.due_date, v.po_number, v.language, v.buyer
    FROM invoicing_invoice v
    WHERE v.run_id = %(run_id)s AND v.payer_id = ANY (%(payers)s::bigint[]) AND v.state = 'DRAFT'
)
SELECT DISTINCT payer_id
FROM ((TABLE now EXCEPT ALL TABLE kept) UNION ALL (TABLE kept EXCEPT ALL TABLE now)) AS differs
