-- Purpose: which service held an identifier, when, and whose it is.
-- Grain: one row per identifier asked for and holding. Binds: types, identifiers (parallel arrays).
-- Repeating: reads only.
SELECT
    o.type, o.value, lower(o.valid)::text, upper(o.valid)::text, o.service_id, o.subscription_id,
    o.account_id, o.time_zone, a.currency
FROM unnest(%(types)s::text[], %(identifiers)s::text[]) AS asked (type, value)
JOIN customers_identifier_owner AS o ON o.type = asked.type AND o.value = asked.value
JOIN customers_account AS a ON a.id = o.account_id
