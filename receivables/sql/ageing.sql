-- Purpose: ageing of every payer at the end of a day (COL-1, R1).
-- Grain: one row per payer, entity and currency; buckets[] and amounts[] run in parallel.
-- Repeating: reads only.
-- Binds: as_of, payer_id, entity_id (null: all), currency ('' for all), basis (due_date or
--        doc_date), floors (first day past due of each bucket after the first).
WITH standing AS (
    SELECT s.payer_id, s.entity_id, s.currency, s.side, s.open, s.disputed,
           width_bucket(
               %(as_of)s::date - CASE WHEN %(basis)s = 'doc_date' THEN s.doc_date ELSE s.due_date END,
               %(floors)s::int[]
           ) AS bucket
      FROM receivables_standing_on(%(as_of)s::date, %(payer_id)s::bigint, %(entity_id)s::bigint) s
     WHERE %(currency)s = '' OR s.currency = %(currency)s
), by_bucket AS (
    SELECT payer_id, entity_id, currency, side, bucket,
           sum(open) AS open, sum(disputed) AS disputed, count(*) AS items
      FROM standing
     GROUP BY payer_id, entity_id, currency, side, bucket
)
SELECT payer_id, entity_id, currency,
       coalesce(array_agg(bucket) FILTER (WHERE side = 'D'), '{}') AS buckets,
       coalesce(array_agg(open) FILTER (WHERE side = 'D'), '{}') AS amounts,
       coalesce(sum(disputed) FILTER (WHERE side = 'D'), 0) AS disputed,
       coalesce(sum(open) FILTER (WHERE side = 'C'), 0) AS unapplied,
       sum(items)::bigint AS items
  FROM by_bucket
 GROUP BY payer_id, entity_id, currency
 ORDER BY currency, payer_id, entity_id
