-- Purpose: take events out of what counts: they go to suspense as they stand, and what they were in
-- the sums is staged. Either one event of an account, or all of a file.
-- Grain: one suspended row per event. Binds: account, event (null for all of a file), file (null for
-- one event), reason, message. Repeating: finds nothing any more.
WITH gone AS (
    DELETE FROM rating_usageevent
    WHERE (%(event)s::bigint IS NULL OR account_id = %(account)s AND id = %(event)s)
        AND (%(file)s::bigint IS NULL OR file_id = %(file)s)
        AND num_nonnulls(%(event)s::bigint, %(file)s::bigint) = 1
    RETURNING *
),
results AS (
    DELETE FROM rating_ratedusage AS r
    USING gone AS e
    WHERE r.account_id = e.account_id AND r.event_start = e.event_start AND r.id = e.id
    RETURNING r.*
),
kept AS (
    INSERT INTO rating_suspenseitem (
        source_id, file_id, row_number, reason, "column", message, fields, corrections, usage_type,
        identifier, event_start, quantity, holds_key, state, attempts, received_at, resolution
    )
    SELECT
        source_id, file_id, row_number, %(reason)s, '', %(message)s,
        jsonb_build_object(
            'event_key', event_key, 'usage_type', usage_type,
            'identifier_type', identifier_type, 'identifier', identifier,
            'event_start', replace(to_char(event_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', ''),
            'event_end', replace(to_char(event_end AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', ''),
            'quantity', trim_scale(quantity)::text
        ) || coalesce((
            SELECT jsonb_object_agg('attr.' || one.key, one.value)
            FROM jsonb_each_text(attributes) AS one
        ), '{}'),
        '{}', usage_type, identifier, event_start, quantity, true, 'OPEN', 0, received_at, ''
    FROM gone
)
INSERT INTO rating_sum_stage (
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
)
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key,
    sum(billable_quantity - coalesce(covered_quantity, 0)), count(*),
    sum(amount_exact - coalesce(covered_amount, 0))
FROM (
    SELECT account_id, subscription_charge_id, service_id, on_date, attribute_key,
        billable_quantity, covered_quantity, NULL::numeric AS amount_exact,
        NULL::numeric AS covered_amount
    FROM gone
    WHERE billable_quantity IS NOT NULL
    UNION ALL
    SELECT account_id, subscription_charge_id, service_id, on_date, attribute_key,
        billable_quantity, covered_quantity, amount_exact, covered_amount
    FROM results
) AS counted
GROUP BY 1, 2, 3, 4, 5
