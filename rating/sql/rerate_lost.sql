-- Purpose: take out the events of a page that belong nowhere any more; they go to suspense in the same
-- transaction. Grain: one row per event taken out: which it is, and whence it came.
-- Repeating: finds none of them again. Binds: none.
DELETE FROM rating_usageevent AS e
USING rating_rerate_stage AS s
WHERE s.fate = 'LOST' AND e.account_id = s.was_account_id AND e.event_start = s.event_start
    AND e.id = s.id
RETURNING e.id, e.source_id, e.file_id, e.row_number, e.event_key
