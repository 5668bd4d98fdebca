-- Purpose: empty places for the changed events of a page, the days they touch outside the scope,
-- and the sums before. Repeating: harmless; what was left is emptied.
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_stage (
    place tid NOT NULL, part oid NOT NULL, account_id bigint, service_id bigint,
    subscription_charge_id bigint, attribute_key varchar(200), on_date date,
    billable_quantity numeric, state varchar(6), price_version_id bigint, amount_exact numeric,
    currency char(3)
);
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_days (
    account_id bigint NOT NULL, on_date date NOT NULL, PRIMARY KEY (account_id, on_date)
);
CREATE TEMPORARY TABLE IF NOT EXISTS rating_rerate_before (
    account_id bigint PRIMARY KEY, first_date date NOT NULL, quantity numeric NOT NULL,
    events bigint NOT NULL, amount numeric NOT NULL
);
TRUNCATE rating_rerate_stage, rating_rerate_days, rating_rerate_before;
