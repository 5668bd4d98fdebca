-- Purpose: the kinds of subjects that events are about, without reading the events.
-- Grain: one row per kind, in order: each step looks up the next one in the index on the subject.
-- Binds: none. Repeating: reads only.
WITH RECURSIVE kinds AS (
    (SELECT subject_type FROM audit_businessevent ORDER BY subject_type LIMIT 1)
    UNION ALL
    SELECT (
        SELECT e.subject_type FROM audit_businessevent e
        WHERE e.subject_type > kinds.subject_type ORDER BY e.subject_type LIMIT 1
    )
    FROM kinds WHERE kinds.subject_type IS NOT NULL
)
SELECT subject_type FROM kinds WHERE subject_type IS NOT NULL
