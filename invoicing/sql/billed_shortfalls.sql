-- Shortfalls that were billed for commitments (COM-2). Minus the number of a commitment stands where an item of a
-- charge names that of its subscription. Grain: one row per item. Drafts of the run itself are left out.
-- Binds: charges bigint[] (negative), run_id. Reads only.
SELECT i.subscription_charge_id, i.id, i.line_id, i.period_start, i.period_end, i.price_key,
       i.generation, i.amount, i.reverses_id, i.payer_id
FROM invoicing_chargeitem i
WHERE i.subscription_charge_id = ANY (%(charges)s::bigint[]) AND i.subscription_charge_id <> 0
  AND i.line_id IS NOT NULL AND i.run_id IS DISTINCT FROM %(run_id)s
ORDER BY i.id
