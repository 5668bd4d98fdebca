-- I-20: accounts whose positions do not cover their life, and accounts whose picture of now (parent,
-- role) is not their position of the day. An account that opens later is pictured by its first
-- position, one that has closed by its last. Grain: one row per fault. Binds: %(on_date)s date.
WITH life AS (
    SELECT a.id, a.number, a.parent_id, a.role, a.opened_on, a.closed_on,
           daterange(a.opened_on, a.closed_on) AS days,
           (SELECT range_agg(p.valid) FROM customers_accountposition p WHERE p.account_id = a.id)
               AS covered
    FROM customers_account a
)
SELECT number, 'has positions that do not cover its life', days::text,
       coalesce(covered::text, 'nothing')
FROM life WHERE covered IS DISTINCT FROM datemultirange(days)
UNION ALL
SELECT l.number, 'is pictured elsewhere than its position of the day says',
       concat_ws(' ', coalesce(p.parent_id::text, 'root'), p.role),
       concat_ws(' ', coalesce(l.parent_id::text, 'root'), l.role)
FROM life l JOIN customers_accountposition p
  ON p.account_id = l.id
 AND p.valid @> greatest(l.opened_on, least(%(on_date)s, coalesce(l.closed_on - 1, %(on_date)s)))
WHERE (p.parent_id, p.role) IS DISTINCT FROM (l.parent_id, l.role)
