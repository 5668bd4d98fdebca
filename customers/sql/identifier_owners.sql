-- Owners of the identifiers named in a table, for all time, so that each event is guided by its own
-- instant (RATE step 5). Grain: one row per identifier period, ordered by type, value and start;
-- `upper` NULL is open. The table is named by the caller and has columns identifier_type and
-- identifier; it may name an identifier many times. Reads only.
SELECT o.type, o.value, lower(o.valid), upper(o.valid), o.service_id, o.subscription_id,
       o.account_id, o.time_zone
FROM (SELECT DISTINCT identifier_type, identifier FROM {wanted}) w
JOIN customers_identifier_owner o ON o.type = w.identifier_type AND o.value = w.identifier
ORDER BY o.type, o.value, lower(o.valid)
