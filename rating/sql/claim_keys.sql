-- Purpose: claim the keys of a part; the row count tells how many were new (RATE step 3).
-- Grain: one row per (source, key), for ever. Sorted, so that two workers never lock crosswise.
-- Repeating: claims nothing twice. Binds: source_id, file_id.
INSERT INTO rating_usagekey (source_id, key_hash, content_hash, file_id, row_number)
SELECT %(source_id)s, key_hash, content_hash, %(file_id)s, row_number
FROM rating_key_stage
ORDER BY key_hash, row_number
ON CONFLICT (source_id, key_hash) DO NOTHING
