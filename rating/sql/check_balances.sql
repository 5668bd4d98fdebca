-- Purpose: I-4: what remains of a bucket is the sum of its movements, and what covers an event is
-- what buckets gave to it. Grain: one row per bucket, or account of an event, that differs: expected
-- and actual. Binds: most. Repeating: reads only.
SELECT 'rating.balancebucket:' || b.id, coalesce(sum(m.delta), 0), b.remaining
FROM rating_balancebucket AS b
LEFT JOIN rating_balancemovement AS m ON m.bucket_id = b.id
GROUP BY b.id
HAVING coalesce(sum(m.delta), 0) <> b.remaining
UNION ALL
SELECT coalesce('customers.account:' || max(account_id), 'event:' || event_id), sum(drawn), sum(covered)
FROM (
    SELECT NULL::bigint AS account_id, m.event_id, -sum(m.delta) AS drawn, 0::numeric AS covered
    FROM rating_balancemovement AS m
    WHERE m.event_id IS NOT NULL
    GROUP BY m.event_id
    UNION ALL
    SELECT account_id, id, 0, covered_quantity
    FROM rating_countedusage
    WHERE covered_quantity IS NOT NULL
) AS both_sides
GROUP BY event_id
HAVING sum(drawn) <> sum(covered)
ORDER BY 1
LIMIT %(most)s
