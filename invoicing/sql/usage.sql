-- Usage of some accounts by charge, attribute group and step of days (PER-4), over all services but
-- for the charges whose tiers count each service by itself (`by_service`, TIER-3).
-- `cuts` are the days on which a period begins or a price changes; the usage between two of them is
-- one sum, dated on the first day. Charges with days of their own (`daily`) are summed by the day.
-- Grain: one row per charge, step, group and such service.
-- Binds: accounts bigint[], since, until date, cuts date[], daily, by_service bigint[]. Reads only.
SELECT u.subscription_charge_id,
       CASE WHEN u.subscription_charge_id = ANY (%(daily)s::bigint[]) THEN u.on_date
            ELSE (%(cuts)s::date[])[width_bucket(u.on_date, %(cuts)s::date[])] END AS step,
       u.attribute_key, sum(u.quantity), sum(u.amount), sum(u.event_count)::bigint,
       CASE WHEN min(u.service_id) = max(u.service_id) THEN min(u.service_id) END
FROM rating_usageaggregate u
WHERE u.account_id = ANY (%(accounts)s::bigint[]) AND u.on_date >= %(since)s AND u.on_date < %(until)s
GROUP BY u.subscription_charge_id, step, u.attribute_key,
         CASE WHEN u.subscription_charge_id = ANY (%(by_service)s::bigint[]) THEN u.service_id END
ORDER BY 1, 2, 3, 7
