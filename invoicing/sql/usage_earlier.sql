-- Usage before the window of a run, of the charges that need it: those whose tier counter began
-- earlier, and those with periods longer than the cycle (TIER-3, CHG-6). What a counter had reached is one sum,
-- dated on the day the counter began; the usage of long periods is summed by the day.
-- Grain: one row per charge, day, service and group, in that order.
-- Binds: accounts, charges bigint[], starts date[] (one per charge), until date, daily bigint[]. Reads only.
SELECT u.subscription_charge_id,
       CASE WHEN u.subscription_charge_id = ANY (%(daily)s::bigint[]) THEN u.on_date
            ELSE w.start END AS step,
       u.attribute_key, sum(u.quantity), sum(u.amount), sum(u.event_count)::bigint, u.service_id
FROM unnest(%(charges)s::bigint[], %(starts)s::date[]) AS w (charge, start)
JOIN rating_usageaggregate u ON u.subscription_charge_id = w.charge
WHERE u.account_id = ANY (%(accounts)s::bigint[])
  AND u.on_date >= w.start AND u.on_date < %(until)s
GROUP BY u.subscription_charge_id, step, u.service_id, u.attribute_key
ORDER BY 1, 2, 3, 7
