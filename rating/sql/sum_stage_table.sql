-- Purpose: an empty place for the sums of one part, private to the connection.
-- Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_sum_stage (
    account_id bigint NOT NULL, service_id bigint NOT NULL, subscription_charge_id bigint NOT NULL,
    on_date date NOT NULL, attribute_key varchar(200) NOT NULL, quantity numeric NOT NULL,
    event_count bigint NOT NULL, amount numeric
);
TRUNCATE rating_sum_stage;
