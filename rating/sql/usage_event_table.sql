-- Purpose: create the partitioned tables of usage events and of what they come to where each is rated
-- by itself, which Django cannot declare, and the views that read the two together.
-- Grain: one row per stored event, and one more per event that is rated by itself; partitions by month
-- of event_start (UTC), made on demand. One key, beginning with account_id: it serves the account's
-- pages and a later distribution. A result is replaced, never edited, and its event stays as it lies.
CREATE SEQUENCE rating_usageevent_id_seq AS bigint CACHE 1000;
CREATE TABLE rating_usageevent (
    id bigint NOT NULL DEFAULT nextval('rating_usageevent_id_seq'),
    account_id bigint NOT NULL,
    event_start timestamptz NOT NULL,
    event_end timestamptz NOT NULL,
    source_id bigint NOT NULL,
    service_id bigint NOT NULL,
    subscription_charge_id bigint NOT NULL,
    file_id bigint NOT NULL,
    row_number bigint NOT NULL,
    received_at timestamptz NOT NULL,
    on_date date NOT NULL,
    event_key varchar(128) NOT NULL,
    usage_type varchar(40) NOT NULL,
    identifier_type varchar(16) NOT NULL,
    identifier varchar(64) NOT NULL,
    attribute_key varchar(200) NOT NULL DEFAULT '',
    quantity numeric(24, 8) NOT NULL,
    billable_quantity numeric(24, 8),
    covered_quantity numeric(24, 8),
    attributes jsonb NOT NULL,
    PRIMARY KEY (account_id, event_start, id),
    CONSTRAINT rating_usageevent_ends_after_start CHECK (event_end >= event_start),
    CONSTRAINT rating_usageevent_quantity_is_number
        CHECK (quantity <> 'NaN' AND billable_quantity <> 'NaN'),
    CONSTRAINT rating_usageevent_counts_in_a_group
        CHECK ((billable_quantity IS NULL) = (attribute_key = '')),
    CONSTRAINT rating_usageevent_cover_fits CHECK (
        covered_quantity IS NULL
        OR billable_quantity IS NOT NULL AND abs(covered_quantity) <= abs(billable_quantity)
    )
) PARTITION BY RANGE (event_start);

CREATE TABLE rating_ratedusage (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    event_start timestamptz NOT NULL,
    service_id bigint NOT NULL,
    subscription_charge_id bigint NOT NULL,
    price_version_id bigint NOT NULL,
    on_date date NOT NULL,
    currency char(3) NOT NULL,
    attribute_key varchar(200) NOT NULL,
    billable_quantity numeric(24, 8) NOT NULL,
    amount_exact numeric(22, 10) NOT NULL,
    covered_quantity numeric(24, 8),
    covered_amount numeric(22, 10),
    PRIMARY KEY (account_id, event_start, id),
    CONSTRAINT rating_ratedusage_is_number
        CHECK (billable_quantity <> 'NaN' AND amount_exact <> 'NaN'),
    CONSTRAINT rating_ratedusage_cover_fits CHECK (
        covered_quantity IS NULL AND covered_amount IS NULL
        OR covered_quantity IS NOT NULL AND covered_amount IS NOT NULL
            AND abs(covered_quantity) <= abs(billable_quantity)
            AND abs(covered_amount) <= abs(amount_exact)
    )
) PARTITION BY RANGE (event_start);

CREATE VIEW rating_usage AS
SELECT
    e.id, e.account_id, e.event_start, e.event_end, e.source_id, e.service_id,
    e.subscription_charge_id, e.file_id, e.row_number, e.received_at, e.on_date, e.event_key,
    e.usage_type, e.identifier_type, e.identifier, e.quantity, e.attributes,
    coalesce(r.attribute_key, e.attribute_key) AS attribute_key,
    coalesce(r.billable_quantity, e.billable_quantity) AS billable_quantity,
    CASE WHEN r.id IS NULL THEN 'GUIDED' ELSE 'RATED' END AS state,
    r.price_version_id, r.amount_exact, r.currency,
    coalesce(r.covered_quantity, e.covered_quantity) AS covered_quantity, r.covered_amount
FROM rating_usageevent AS e
LEFT JOIN rating_ratedusage AS r USING (account_id, event_start, id);

CREATE VIEW rating_countedusage AS
SELECT
    id, account_id, event_start, service_id, subscription_charge_id, on_date, attribute_key,
    billable_quantity, covered_quantity, NULL::numeric AS amount_exact,
    NULL::numeric AS covered_amount, true AS in_line
FROM rating_usageevent
WHERE billable_quantity IS NOT NULL
UNION ALL
SELECT
    id, account_id, event_start, service_id, subscription_charge_id, on_date, attribute_key,
    billable_quantity, covered_quantity, amount_exact, covered_amount, false
FROM rating_ratedusage;
-- reverse:
DROP VIEW rating_countedusage;
DROP VIEW rating_usage;
DROP TABLE rating_ratedusage;
DROP TABLE rating_usageevent;
DROP SEQUENCE rating_usageevent_id_seq;
