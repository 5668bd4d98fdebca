-- Purpose: what payers owe and what we hold for them now (AR-1).
-- Grain: one row per payer and currency that has an open item. Repeating: reads only.
-- Binds: payer_ids (bigint[]), as_of (overdue means due before this day).
SELECT payer_id, currency,
       coalesce(sum(open) FILTER (WHERE side = 'D'), 0) AS debit,
       coalesce(sum(open) FILTER (WHERE side = 'C'), 0) AS credit,
       coalesce(sum(least(disputed, open)) FILTER (WHERE side = 'D'), 0) AS disputed,
       coalesce(sum(open) FILTER (WHERE side = 'D' AND due_date < %(as_of)s::date), 0) AS overdue
  FROM receivables_openitem
 WHERE open > 0 AND payer_id = ANY(%(payer_ids)s::bigint[])
 GROUP BY payer_id, currency
 ORDER BY payer_id, currency
