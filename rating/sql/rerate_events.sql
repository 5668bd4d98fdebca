-- Purpose: the stored events of a scope as one text each, fields parted by tabs (no text of an event
-- holds one): what it rests on, and at last how it stands, in the words in which it is written:
-- what counts in its line is marked L, and what is rated by itself has a result or none yet.
-- Grain: one row per event, as it lies.
-- Binds: accounts (array or null), start, finish (local days, half-open), names (attributes that
-- filters and prices read). Repeating: reads only.
-- A local day lies within a day of the same day in UTC, which spares the other months.
SELECT concat_ws(
    E'\t',
    concat_ws(
        E'\x1f', e.usage_type, e.identifier_type, e.identifier,
        CASE WHEN cardinality(%(names)s::text[]) > 0 AND e.attributes ?| %(names)s::text[]
            THEN e.attributes END
    ),
    e.event_start, e.id, CASE WHEN e.event_end <> e.event_start THEN e.event_end::text ELSE '' END,
    trim_scale(e.quantity), e.attributes,
    CASE WHEN e.billable_quantity IS NOT NULL THEN 'L' END,
    e.account_id, e.service_id, e.subscription_charge_id, e.on_date,
    CASE
        WHEN e.billable_quantity IS NOT NULL THEN concat_ws(
            E'\t', replace(e.attribute_key, '\', '\\'), trim_scale(e.billable_quantity)
        )
        WHEN r.id IS NULL THEN ''
        ELSE concat_ws(
            E'\t', replace(r.attribute_key, '\', '\\'), trim_scale(r.billable_quantity),
            r.price_version_id, trim_scale(r.amount_exact), r.currency
        )
    END
)
FROM rating_usageevent AS e
LEFT JOIN rating_ratedusage AS r USING (account_id, event_start, id)
WHERE e.on_date >= %(start)s AND e.on_date < %(finish)s
    AND e.event_start >= %(start)s::date - interval '2 days'
    AND e.event_start < %(finish)s::date + interval '2 days'
    AND (%(accounts)s::bigint[] IS NULL OR e.account_id = ANY(%(accounts)s::bigint[]))
