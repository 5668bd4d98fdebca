-- Purpose: whether any usage came after a cutoff: by file, or by recycling a suspended row.
-- Grain: one row. Binds: cutoff. Repeating: reads only.
SELECT
    EXISTS (SELECT FROM rating_usagefile WHERE received_at > %(cutoff)s AND loaded_count > 0)
    OR EXISTS (
        SELECT FROM rating_suspenseitem WHERE state = 'RECYCLED' AND resolved_at > %(cutoff)s
    )
    OR EXISTS (
        SELECT FROM rating_usagefilepart AS p JOIN rating_usagefile AS f ON f.id = p.file_id
        WHERE f.state = 'LOADING' AND f.received_at > %(cutoff)s AND p.loaded_count > 0
    )
