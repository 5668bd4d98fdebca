-- Purpose: what was sold with included usage and has days before a moment: the items of subscriptions
-- whose offer version includes some. Grain: one row per item, in the order of ids. The cycle is that
-- of who pays on the last day looked at. Binds: since, until (days), after (the last item seen), size.
-- Repeating: reads only.
SELECT
    i.id, i.offer_version_id, i.subscription_id, s.account_id, a.time_zone, i.quantity,
    lower(i.valid), least(upper(i.valid), s.end_on), s.trial_end_on, p.cycle_day, p.cycle_months
FROM customers_subscriptionitem AS i
JOIN customers_subscription AS s ON s.id = i.subscription_id
JOIN customers_account AS a ON a.id = s.account_id
JOIN customers_account AS p
    ON p.id = coalesce(customers_payer_of(s.account_id, %(until)s::date), s.account_id)
WHERE i.offer_version_id IN (SELECT offer_version_id FROM catalog_entitlementspec)
    AND i.id > %(after)s AND NOT isempty(i.valid)
    AND i.valid && daterange(%(since)s::date, %(until)s::date + 1)
    AND s.state <> 'CANCELLED'
ORDER BY i.id
LIMIT %(size)s
