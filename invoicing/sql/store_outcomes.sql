-- Store how each payer left the drafting. Grain: one row per payer of the run. A payer whose run
-- ended meanwhile is left alone. Repeating: stores the same.
-- Binds: run_id, payers, states, reasons, amounts, documents, stamps (arrays of equal length).
UPDATE invoicing_billrunaccount AS a
SET state = o.state, reason = o.reason, amount = o.amount, documents = o.documents,
    stamp = o.stamp
FROM unnest(%(payers)s::bigint[], %(states)s::text[], %(reasons)s::text[],
            %(amounts)s::numeric[], %(documents)s::int[], %(stamps)s::bigint[])
     AS o(payer_id, state, reason, amount, documents, stamp)
WHERE a.run_id = %(run_id)s AND a.payer_id = o.payer_id AND a.is_open
