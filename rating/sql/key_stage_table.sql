-- Purpose: an empty place for the keys of one part, private to the connection.
-- Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_key_stage (
    row_number integer NOT NULL, key_hash uuid NOT NULL, content_hash bytea NOT NULL
);
TRUNCATE rating_key_stage;
