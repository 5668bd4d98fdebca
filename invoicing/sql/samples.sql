-- Usage of some subscription charges event by event, for quantities that are not sums (UNIT-3, 4, 9).
-- With `carried` the last event of each before the window stands for the level it began with (UNIT-6).
-- Grain: one row per event, in order of charge, group and time. Reads only.
-- Binds: accounts, charges, carried bigint[], since, until date.
SELECT subscription_charge_id, on_date, attribute_key, event_start, event_end, id, billable_quantity,
       identifier, attributes::text, service_id
FROM rating_usageevent
WHERE account_id = ANY (%(accounts)s::bigint[]) AND subscription_charge_id = ANY (%(charges)s::bigint[])
  AND on_date >= %(since)s AND on_date < %(until)s
UNION ALL
(SELECT DISTINCT ON (subscription_charge_id, attribute_key)
        subscription_charge_id, on_date, attribute_key, event_start, event_end, id, billable_quantity,
        identifier, attributes::text, service_id
 FROM rating_usageevent
 WHERE account_id = ANY (%(accounts)s::bigint[])
   AND subscription_charge_id = ANY (%(carried)s::bigint[]) AND on_date < %(since)s
 ORDER BY subscription_charge_id, attribute_key, event_start DESC, id DESC)
ORDER BY 1, 3, 4, 6
