-- Purpose: what events have drawn from buckets: by event from a moment on, in one sum before it.
-- Grain: one row per bucket and event (event null: the sum before). Binds: buckets, since (parallel
-- arrays). Repeating: reads only.
SELECT
    m.bucket_id,
    CASE WHEN m.event_at >= asked.since THEN m.event_id END AS event,
    CASE WHEN m.event_at >= asked.since THEN m.event_at END AS moment,
    -sum(m.delta)
FROM rating_balancemovement AS m
JOIN unnest(%(buckets)s::bigint[], %(since)s::timestamptz[]) AS asked (bucket_id, since)
    ON asked.bucket_id = m.bucket_id
WHERE m.event_id IS NOT NULL
GROUP BY 1, 2, 3
HAVING sum(m.delta) <> 0
