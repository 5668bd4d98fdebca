-- Purpose: ageing at the end of a day (COL-1, R1): a line for every payer, and one for every currency.
-- Grain: one row per payer, entity and currency, after one row per currency whose payer is null;
--        buckets[] and amounts[] run in parallel.
-- Repeating: reads only.
-- Binds: as_of, payer_id, entity_id, entities (null: all), currency ('' for all), basis
--        (due_date or doc_date), floors (first day past due of each bucket after the first), first and most:
--        which payers' rows to give (most null: all from the first on). Totals are of all payers;
--        the last column of each row is how many rows of payers there are.
WITH by_bucket AS MATERIALIZED (
    SELECT s.payer_id, s.entity_id, s.currency, s.side,
           width_bucket(
               %(as_of)s::date - CASE WHEN %(basis)s = 'doc_date' THEN s.doc_date ELSE s.due_date END,
               %(floors)s::int[]
           ) AS bucket,
           sum(s.open) AS open, sum(s.disputed) AS disputed, count(*) AS items
      FROM receivables_standing_on(%(as_of)s::date, %(payer_id)s::bigint, %(entity_id)s::bigint) s
     WHERE (%(currency)s = '' OR s.currency = %(currency)s)
       AND (%(entities)s::bigint[] IS NULL OR s.entity_id = ANY(%(entities)s::bigint[]))
     GROUP BY s.payer_id, s.entity_id, s.currency, s.side, bucket
), payers AS MATERIALIZED (
    SELECT payer_id, currency, entity_id FROM by_bucket GROUP BY payer_id, currency, entity_id
), shown AS (
    SELECT payer_id, currency, entity_id FROM payers
     ORDER BY payer_id, currency, entity_id LIMIT %(most)s::int OFFSET %(first)s
), lines AS (
    SELECT payer_id, entity_id, currency, side, bucket, open, disputed, items
      FROM by_bucket JOIN shown USING (payer_id, currency, entity_id)
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
       sum(items)::bigint AS items,
       (SELECT count(*) FROM payers) AS payers
  FROM lines
 GROUP BY payer_id, entity_id, currency
 ORDER BY payer_id NULLS FIRST, currency, entity_id
