-- Purpose: create the partitioned table of usage events, which Django cannot declare.
-- Grain: one row per stored event; partitions by month of event_start (UTC), made on demand.
-- One key, beginning with account_id: it serves the account's pages and a later distribution.
CREATE SEQUENCE rating_usageevent_id_seq AS bigint CACHE 1000;
CREATE TABLE rating_usageevent (
    id bigint NOT NULL DEFAULT nextval('rating_usageevent_id_seq'),
    account_id bigint NOT NULL,
    event_start timestamptz NOT NULL,
    event_end timestamptz NOT NULL,
    source_id bigint NOT NULL,
    service_id bigint NOT NULL,
    subscription_charge_id bigint NOT NULL,
    price_version_id bigint,
    file_id bigint NOT NULL,
    row_number bigint NOT NULL,
    received_at timestamptz NOT NULL,
    on_date date NOT NULL,
    event_key varchar(128) NOT NULL,
    usage_type varchar(40) NOT NULL,
    identifier_type varchar(16) NOT NULL,
    identifier varchar(64) NOT NULL,
    attribute_key varchar(200) NOT NULL,
    state varchar(6) NOT NULL,
    currency char(3),
    quantity numeric(24, 8) NOT NULL,
    billable_quantity numeric(24, 8) NOT NULL,
    amount_exact numeric(22, 10),
    covered_quantity numeric(24, 8),
    covered_amount numeric(22, 10),
    attributes jsonb NOT NULL,
    PRIMARY KEY (account_id, event_start, id),
    CONSTRAINT rating_usageevent_ends_after_start CHECK (event_end >= event_start),
    CONSTRAINT rating_usageevent_quantity_is_number
        CHECK (quantity <> 'NaN' AND billable_quantity <> 'NaN'),
    CONSTRAINT rating_usageevent_cover_fits CHECK (
        covered_quantity IS NULL AND covered_amount IS NULL
        OR covered_quantity IS NOT NULL AND abs(covered_quantity) <= abs(billable_quantity)
            AND (covered_amount IS NULL) = (amount_exact IS NULL)
            AND (covered_amount IS NULL OR abs(covered_amount) <= abs(amount_exact))
    ),
    CONSTRAINT rating_usageevent_rated_has_amount CHECK (
        state = 'GUIDED' AND amount_exact IS NULL
        OR state = 'RATED' AND amount_exact IS NOT NULL AND amount_exact <> 'NaN'
            AND currency IS NOT NULL AND price_version_id IS NOT NULL
    )
) PARTITION BY RANGE (event_start);
-- reverse:
DROP TABLE rating_usageevent;
DROP SEQUENCE rating_usageevent_id_seq;
