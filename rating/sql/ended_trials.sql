-- Purpose: end what was granted for trials with the trial (CHG-10); until then it has no end, since a
-- trial may be made longer or shorter while it runs.
-- Grain: one row per bucket that now ends: its account and the end. Binds: caps (entitlements that cap
-- trials, array), as_of. Repeating: finds nothing left to end.
UPDATE rating_balancebucket AS b
SET valid = tstzrange(lower(b.valid), greatest(t.ended, lower(b.valid) + interval '1 microsecond'))
FROM (
    SELECT i.id, s.trial_end_on::timestamp AT TIME ZONE a.time_zone AS ended
    FROM customers_subscriptionitem AS i
    JOIN customers_subscription AS s ON s.id = i.subscription_id
    JOIN customers_account AS a ON a.id = s.account_id
    WHERE s.trial_end_on IS NOT NULL
) AS t
WHERE b.item_id = t.id AND b.spec_id = ANY(%(caps)s) AND b.closed_at IS NULL
    AND upper_inf(b.valid) AND t.ended <= %(as_of)s
RETURNING b.account_id, upper(b.valid)
