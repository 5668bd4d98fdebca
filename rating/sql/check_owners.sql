-- Purpose: RA-4: sums of usage belong to a subscription charge of their account.
-- Grain: one row per charge that does not. Binds: most. Repeating: reads only.
SELECT DISTINCT u.subscription_charge_id, coalesce(sc.account_id, 0), u.account_id
FROM rating_usageaggregate AS u
LEFT JOIN customers_subscriptioncharge AS sc ON sc.id = u.subscription_charge_id
WHERE sc.account_id IS DISTINCT FROM u.account_id
ORDER BY 1
LIMIT %(most)s
