-- Store how each payer left the drafting. Grain: one row per payer of the run. A payer whose run
-- ended meanwhile is left alone. Repeating: stores the same.
-- The row is found by its key for each payer in turn (OFFSET 0), since on young
-- tables the planner would pair every row of the run with every payer of the chunk.
-- Binds: run_id, payers, states, reasons, amounts, documents (arrays of equal length).
UPDATE invoicing_billrunaccount AS a
SET state = o.state, reason = o.reason, amount = o.amount, documents = o.documents
FROM unnest(%(payers)s::bigint[], %(states)s::text[], %(reasons)s::text[],
            %(amounts)s::numeric[], %(documents)s::int[])
     AS o(payer_id, state, reason, amount, documents)
CROSS JOIN LATERAL (
    SELECT b.id FROM invoicing_billrunaccount b
    WHERE b.run_id = %(run_id)s AND b.payer_id = o.payer_id AND b.is_open
    OFFSET 0
) k
WHERE a.id = k.id
