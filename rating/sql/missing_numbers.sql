-- Gaps in the numbers of usage files: what a source skipped and has not sent since (P35).
-- Grain: one row per gap, newest first: source code, first and last number. Binds: %(most)s.
SELECT s.code, held.sequence + 1, held.following - 1
FROM (
    SELECT f.source_id, f.sequence,
           lead(f.sequence) OVER (PARTITION BY f.source_id ORDER BY f.sequence) AS following
    FROM rating_usagefile f
    WHERE f.sequence IS NOT NULL AND f.state <> 'REJECTED'
) held
JOIN rating_usagesource s ON s.id = held.source_id
WHERE held.following > held.sequence + 1
ORDER BY s.code, held.sequence DESC
LIMIT %(most)s
