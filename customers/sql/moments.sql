-- Timelines to the second, of those charges of subscriptions that have one (PRO-5). Grain: one row per
-- charge. Binds: %(charges)s bigint[]. Reads only.
SELECT id, moments FROM customers_subscriptioncharge
WHERE id = ANY (%(charges)s::bigint[]) AND moments IS NOT NULL
