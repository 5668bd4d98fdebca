-- The status of some services in time. Grain: one row per status period, by service and start.
-- Binds: %(services)s bigint[]. Reads only.
SELECT service_id, state, lower(valid), upper(valid)
FROM customers_servicestatusperiod
WHERE service_id = ANY (%(services)s)
ORDER BY service_id, lower(valid)
