-- Purpose: ageing at the end of a day (COL-1, R1): a line for every payer, and one for every currency.
-- Grain: one row per payer, entity and currency, after one row per currency whose payer is null;
--        buckets[] and amounts[] run in parallel.
-- Repeating: reads only.
-- Binds: as_of, payer_id, entity_id (null: all), currency ('' for all), basis (due_date or
--        doc_date), floors (first day past due of each bucket after the first), only_totals.
WITH by_bucket AS MATERIALIZED (
    SELECT s.payer_id, s.entity_id, s.currency, s.side,
           width_bucket(
               %(as_of)s::date - CASE WHEN %(basis)s = 'doc_date' THEN s.doc_date ELSE s.due_date END,
               %(floors)s::int[]
           ) AS bucket,
           sum(s.open) AS open, sum(s.disputed) AS disputed, count(*) AS items
      FROM receivables_standing_on(%(as_of)s::date, %(payer_id)s::bigint, %(entity_id)s::bigint) s
     WHERE %(currency)s = '' OR s.currency = %(currency)s
     GROUP BY s.payer_id, s.entity_id, s.currency, s.side, bucket
), lines AS (
    SELECT payer_id, entity_id, currency, side, bucket, open, disputed, items FROM by_bucket
     WHERE NOT %(only_totals)s
    UNION ALL
    SELECT NULL, NULL, currency, side, bucket, sum(open), sum(disputed), sum(items)
      FROM by_bucket
     GROUP BY currency, side, bucket
)
SELECT payer_id, entity_id, currency,
       coalesce(array_agg(bucket) FILTER (WHERE side = 'D'), '{}') AS buckets,
       coalesce(array_agg(open) FILTER (WHERE side = 'D'), '{}') AS amounts,
       coalesce(sum(disputed) FILTER (WHERE side = 'D'), 0) AS disputed,
       coalesce(sum(open) FILTER (WHERE side = 'C'), 0) AS unapplied,
       sum(items)::bigint AS items
  FROM lines
 GROUP BY payer_id, entity_id, currency
 ORDER BY payer_id NULLS FIRST, currency, entity_id
