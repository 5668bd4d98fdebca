-- Hold payers of a run with a reason. Grain: one row per payer. Repeating: stores the same.
-- Binds: run_id, payers bigint[], reason.
UPDATE invoicing_billrunaccount SET state = 'HELD', reason = %(reason)s
WHERE run_id = %(run_id)s AND payer_id = ANY (%(payers)s)
