-- Purpose: ask that what is derived from the events of some days be looked at: where usage is of a charge
-- that is rated for another purpose, and where something was derived before.
-- Grain: one row per account and day. Repeating: asks once more, which is harmless.
-- Binds: accounts (array or null), start, finish (local days, half-open; finish null: no end).
INSERT INTO rating_pendingderivation (account_id, on_date)
SELECT u.account_id, u.on_date
FROM rating_usageaggregate AS u
JOIN customers_subscriptioncharge AS c ON c.id = u.subscription_charge_id
WHERE EXISTS (SELECT FROM rating_ratingagreement)
    AND EXISTS (SELECT FROM rating_ratingagreement AS a WHERE a.charge_id = c.charge_id)
    AND u.on_date >= %(start)s AND (%(finish)s::date IS NULL OR u.on_date < %(finish)s)
    AND (%(accounts)s::bigint[] IS NULL OR u.account_id = ANY(%(accounts)s::bigint[]))
UNION
SELECT d.account_id, d.on_date
FROM rating_derivedrating AS d
WHERE EXISTS (SELECT FROM rating_ratingagreement)
    AND d.on_date >= %(start)s AND (%(finish)s::date IS NULL OR d.on_date < %(finish)s)
    AND (%(accounts)s::bigint[] IS NULL OR d.account_id = ANY(%(accounts)s::bigint[]))
