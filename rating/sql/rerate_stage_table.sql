-- Purpose: empty places for the events of a page that do not stay as they stand, the days they touch
-- outside the scope, and the sums before. Fate: STALE (its result alone goes), MOVED (it is guided
-- elsewhere or counts otherwise), LOST (it belongs nowhere).
-- Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_stage (
    fate varchar(5) NOT NULL, was_account_id bigint NOT NULL, event_start timestamptz NOT NULL,
    id bigint NOT NULL, account_id bigint, service_id bigint, subscription_charge_id bigint,
    on_date date, attribute_key varchar(200), billable_quantity numeric
);
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_days (
    account_id bigint NOT NULL, on_date date NOT NULL, PRIMARY KEY (account_id, on_date)
);
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_before (
    account_id bigint PRIMARY KEY, first_date date NOT NULL, quantity numeric NOT NULL,
    events bigint NOT NULL, amount numeric NOT NULL
);
TRUNCATE rating_rerate_stage, rating_rerate_days, rating_rerate_before;
