-- Purpose: add up stored events anew in place of the sums kept so far (RATE step 10).
-- Grain: as rating_usageaggregate. Repeating: gives the same sums. Binds: accounts (array or null),
-- start, finish (local days, half-open). A local day lies within a day of the same day in UTC.
DELETE FROM rating_usageaggregate
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]));
INSERT INTO rating_usageaggregate (
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
)
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key,
    sum(billable_quantity) - coalesce(sum(covered_quantity), 0), count(*),
    sum(amount_exact) - coalesce(sum(covered_amount), 0)
FROM rating_usageevent
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
GROUP BY 1, 2, 3, 4, 5;
