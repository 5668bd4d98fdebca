-- Who owns an identifier when: joinable by guiding (RATE step 5), one row per identifier period.
-- A join on type, value and `valid @> event time` finds at most one owner (exclusion constraint).
CREATE VIEW customers_identifier_owner AS
    SELECT i.type, i.value, i.valid, i.service_id, v.subscription_id, s.account_id, a.time_zone
    FROM customers_serviceidentifier i
    JOIN customers_serviceinstance v ON v.id = i.service_id
    JOIN customers_subscription s ON s.id = v.subscription_id
    JOIN customers_account a ON a.id = s.account_id;
-- reverse:
DROP VIEW customers_identifier_owner;
