-- Mark payers as posted. Grain: one row per payer. Repeating: stores the same.
-- The row is found by its key for each payer in turn (OFFSET 0), as in post_documents.
-- Binds: run_id, payers bigint[], states text[].
UPDATE invoicing_billrunaccount AS a SET state = s.state, is_open = false, reason = ''
FROM unnest(%(payers)s::bigint[], %(states)s::text[]) AS s(payer_id, state)
CROSS JOIN LATERAL (
    SELECT b.id FROM invoicing_billrunaccount b
    WHERE b.run_id = %(run_id)s AND b.payer_id = s.payer_id
    OFFSET 0
) k
WHERE a.id = k.id
