-- What was billed towards commitments (COM-1), by charge and full period: 0 charges, 1 their discounts and
-- caps, 2 what was taken off whole documents. Drafts of the run itself are left out.
-- Grain: one row per commitment, charge, first day of a full period and kind.
-- Binds: commitments, charges, payers bigint[] (equally long), since date, run_id. Reads only.
SELECT p.commitment, i.charge_id, i.period_start,
       CASE WHEN i.grant_id IS NULL THEN 0 WHEN strpos(i.price_key, '!') > 0 THEN 2 ELSE 1 END,
       sum(i.amount)
FROM unnest(%(commitments)s::bigint[], %(charges)s::bigint[], %(payers)s::bigint[])
     AS p(commitment, charge, payer)
JOIN invoicing_chargeitem i ON i.subscription_charge_id = p.charge AND i.payer_id = p.payer
WHERE i.subscription_charge_id <> 0 AND i.period_start >= %(since)s
  AND i.line_id IS NOT NULL AND i.run_id IS DISTINCT FROM %(run_id)s
GROUP BY 1, 2, 3, 4
