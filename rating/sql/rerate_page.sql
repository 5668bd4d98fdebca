-- Purpose: the next page of stored events of a scope, as text, in key order.
-- Grain: one row per event. Binds: accounts (array or null), start, finish (local days, half-open),
-- after_account, after_start, after_id (the key of the last row seen), size. Repeating: reads only.
SELECT
    id, account_id, event_start::text, event_end::text, usage_type, identifier_type, identifier,
    quantity, attributes, service_id, subscription_charge_id, on_date::text, attribute_key,
    billable_quantity, state, price_version_id, amount_exact, source_id, file_id, row_number,
    event_key, received_at
FROM rating_usageevent
WHERE (account_id, event_start, id) > (%(after_account)s, %(after_start)s, %(after_id)s)
    AND on_date >= %(start)s AND on_date < %(finish)s
    AND event_start < %(finish)s::date + interval '2 days'
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
ORDER BY account_id, event_start, id
LIMIT %(size)s
