-- Purpose: I-11 by file: received less duplicates = events stored + suspense that did not become an
-- event. Grain: one row per file that does not balance. Binds: most. Repeating: reads only.
WITH stored AS (
    SELECT file_id, count(*) AS events FROM rating_usageevent GROUP BY file_id
),
waiting AS (
    SELECT file_id, count(*) AS items FROM rating_suspenseitem
    WHERE state <> 'RECYCLED' GROUP BY file_id
)
SELECT
    f.id, f.received_count - f.duplicate_count,
    coalesce(s.events, 0) + coalesce(w.items, 0)
FROM rating_usagefile AS f
LEFT JOIN stored AS s ON s.file_id = f.id
LEFT JOIN waiting AS w ON w.file_id = f.id
WHERE f.state = 'LOADED'
    AND f.received_count - f.duplicate_count <> coalesce(s.events, 0) + coalesce(w.items, 0)
ORDER BY f.id
LIMIT %(most)s
