-- Purpose: the events of some accounts and days whose charges are rated for another purpose.
-- Grain: one row per event. Binds: accounts, days (arrays, in pairs), since, until (days around all of
-- them, which spare the other months). Repeating: reads only.
SELECT
    e.id, e.account_id, e.subscription_charge_id, c.charge_id, e.on_date, e.usage_type,
    replace((e.event_start AT TIME ZONE 'UTC')::text, ' ', 'T'),
    replace((e.event_end AT TIME ZONE 'UTC')::text, ' ', 'T'),
    trim_scale(e.quantity)::text, e.attributes::text, e.billable_quantity, e.amount_exact,
    e.currency
FROM unnest(%(accounts)s::bigint[], %(days)s::date[]) AS w (account_id, on_date)
JOIN rating_usage AS e ON e.account_id = w.account_id AND e.on_date = w.on_date
JOIN customers_subscriptioncharge AS c ON c.id = e.subscription_charge_id
WHERE e.event_start >= %(since)s::date - interval '2 days'
    AND e.event_start < %(until)s::date + interval '3 days'
    AND EXISTS (SELECT FROM rating_ratingagreement AS a WHERE a.charge_id = c.charge_id)
ORDER BY e.id
