-- Usage of some accounts by charge, attribute group and local day (PER-4), over all services.
-- Grain: one row per charge, day and group. Binds: accounts bigint[], since, until date. Reads only.
SELECT u.subscription_charge_id, u.on_date, u.attribute_key, sum(u.quantity), sum(u.amount),
       CASE WHEN min(u.service_id) = max(u.service_id) THEN min(u.service_id) END
FROM rating_usageaggregate u
WHERE u.account_id = ANY (%(accounts)s) AND u.on_date >= %(since)s AND u.on_date < %(until)s
GROUP BY u.account_id, u.subscription_charge_id, u.on_date, u.attribute_key
