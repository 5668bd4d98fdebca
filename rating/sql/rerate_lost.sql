-- Purpose: take out the events of one partition that belong nowhere any more; they go to suspense in
-- the same transaction. The name `a_partition` is replaced by that of the partition.
-- Grain: one row per event taken out: its place, and whence it came. Repeating: finds none of them
-- again. Binds: part.
DELETE FROM a_partition AS e
USING rating_rerate_stage AS s
WHERE s.part = %(part)s AND s.account_id IS NULL AND e.ctid = s.place
RETURNING s.place::text, e.source_id, e.file_id, e.row_number, e.event_key
