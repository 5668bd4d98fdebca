-- Purpose: when each service was active.
-- Grain: one row per service and active span. Binds: services (array). Repeating: reads only.
SELECT service_id, lower(valid)::text, upper(valid)::text
FROM customers_servicestatusperiod
WHERE service_id = ANY(%(services)s) AND state = 'ACTIVE'
