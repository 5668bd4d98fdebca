-- Purpose: the stored events of a scope as one text each, fields parted by tabs (no text of an event
-- holds one): where it lies, what it rests on, and at last how it stands, in the words in which
-- `rerate_stage_table` takes it.
-- Grain: one row per event, as it lies; the place holds while the lock of sums is held.
-- Binds: accounts (array or null), start, finish (local days, half-open), names (attributes that
-- filters and prices read). Repeating: reads only.
-- A local day lies within a day of the same day in UTC, which spares the other months.
SELECT concat_ws(
    E'\t', ctid, tableoid,
    concat_ws(
        E'\x1f', usage_type, identifier_type, identifier,
        CASE WHEN attributes ?| %(names)s::text[] THEN attributes END
    ),
    event_start AT TIME ZONE 'UTC',
    CASE WHEN event_end <> event_start THEN (event_end AT TIME ZONE 'UTC')::text ELSE '' END,
    trim_scale(quantity), attributes,
    account_id, service_id, subscription_charge_id, replace(attribute_key, '\', '\\'), on_date,
    trim_scale(billable_quantity), state, coalesce(price_version_id::text, '\N'),
    coalesce(trim_scale(amount_exact)::text, '\N'), coalesce(currency, '\N')
)
FROM rating_usageevent
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND event_start >= %(start)s::date - interval '2 days'
    AND event_start < %(finish)s::date + interval '2 days'
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
