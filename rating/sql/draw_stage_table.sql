-- Purpose: an empty place for events whose cover changes, private to the connection.
-- Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_draw_stage (
    account_id bigint NOT NULL, event_start timestamptz NOT NULL, id bigint NOT NULL,
    covered_quantity numeric, covered_amount numeric, less numeric NOT NULL,
    amount_less numeric NOT NULL
);
TRUNCATE rating_draw_stage;
