-- Mark payers as posted. Grain: one row per payer. Repeating: stores the same.
-- Binds: run_id, payers bigint[], states text[].
UPDATE invoicing_billrunaccount AS a SET state = s.state, is_open = false, reason = ''
FROM unnest(%(payers)s::bigint[], %(states)s::text[]) AS s(payer_id, state)
WHERE a.run_id = %(run_id)s AND a.payer_id = s.payer_id
