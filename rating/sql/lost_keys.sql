-- Purpose: the rows of a part whose key was held already, and whether the content was the same.
-- Grain: one row per staged row that did not win its key. Binds: source_id, file_id.
SELECT s.row_number, k.content_hash = s.content_hash
FROM rating_key_stage AS s
JOIN rating_usagekey AS k ON k.source_id = %(source_id)s AND k.key_hash = s.key_hash
WHERE (k.file_id, k.row_number) <> (%(file_id)s, s.row_number)
