-- Purpose: the rows of a part whose key was held already, and whether the content was the same.
-- Grain: one row per staged row that did not win its key. Binds: source_id, file_id.
-- Repeating: reads only. OFFSET keeps the look-up per key: the table of keys grows for ever.
SELECT s.row_number, k.content_hash = s.content_hash
FROM rating_key_stage AS s
CROSS JOIN LATERAL (
    SELECT file_id, row_number, content_hash FROM rating_usagekey
    WHERE source_id = %(source_id)s AND key_hash = s.key_hash
    OFFSET 0
) AS k
WHERE (k.file_id, k.row_number) <> (%(file_id)s, s.row_number)
