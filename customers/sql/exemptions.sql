-- Approved exemption certificates that hold for an account: its own, and those from above that
-- flow down (TAX-6, HIER-5), valid on some day of the window; a revoked one only before the day
-- from which it is. Grain: one row per account and
-- certificate. Binds: %(accounts)s bigint[], %(on_date)s, %(since)s, %(until)s date.
WITH RECURSIVE up AS (
    SELECT a.id AS account_id, a.id AS node_id, 0 AS distance
    FROM customers_account a WHERE a.id = ANY (%(accounts)s::bigint[])
    UNION ALL
    SELECT up.account_id, p.parent_id, up.distance + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.node_id AND p.valid @> %(on_date)s
    WHERE p.parent_id IS NOT NULL AND up.distance < 64
)
SELECT up.account_id, e.id, e.jurisdiction_id, e.tax_type_id, e.category_code, e.percent,
       lower(held.days), upper(held.days)
FROM up
JOIN customers_exemptioncertificate e
  ON e.account_id = up.node_id AND e.state IN ('APPROVED', 'REVOKED')
CROSS JOIN LATERAL (SELECT e.valid * daterange(NULL, e.revoked_from) AS days) held
WHERE (up.distance = 0 OR e.flows_down) AND held.days && daterange(%(since)s, %(until)s)
ORDER BY up.account_id, up.distance, e.id
