-- Purpose: empty places for changed events and for the days whose sums are rebuilt.
-- Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_stage (
    id bigint NOT NULL, old_account_id bigint NOT NULL, event_start timestamptz NOT NULL,
    old_on_date date NOT NULL, account_id bigint, service_id bigint, subscription_charge_id bigint,
    on_date date, attribute_key varchar(200), billable_quantity numeric, state varchar(6),
    price_version_id bigint, amount_exact numeric, currency char(3)
);
TRUNCATE rating_rerate_stage;
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rebuild_stage (
    account_id bigint NOT NULL, on_date date NOT NULL, PRIMARY KEY (account_id, on_date)
);
TRUNCATE rating_rebuild_stage;
