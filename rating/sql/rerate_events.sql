-- Purpose: the stored events of a scope as text: what they rest on, and how they stand.
-- Grain: one row per event, as it lies; `place` and `part` hold while the lock of sums is held.
-- Binds: accounts (array or null), start, finish (local days, half-open). Repeating: reads only.
-- A local day lies within a day of the same day in UTC, which spares the other months.
SELECT
    concat_ws(
        E'\t', account_id, service_id, subscription_charge_id, attribute_key, on_date, state,
        price_version_id, currency
    ) AS standing,
    billable_quantity::text, amount_exact::text,
    (event_start AT TIME ZONE 'UTC')::text,
    CASE WHEN event_end <> event_start THEN (event_end AT TIME ZONE 'UTC')::text END,
    usage_type, identifier_type, identifier, trim_scale(quantity)::text, attributes::text,
    ctid::text AS place, tableoid::text AS part, account_id::text, on_date::text,
    concat_ws(' ', source_id, file_id, row_number), event_key
FROM rating_usageevent
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND event_start >= %(start)s::date - interval '2 days'
    AND event_start < %(finish)s::date + interval '2 days'
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
