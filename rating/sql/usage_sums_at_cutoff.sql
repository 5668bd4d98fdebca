-- Purpose: usage of accounts as it stood at a cutoff: events received later are left out (PER-8).
-- Grain: as rating_usageaggregate, in key order. Binds: accounts, start, finish, cutoff, written in
-- as literals because COPY takes none. Repeating: reads only.
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key,
    sum(billable_quantity) - coalesce(sum(covered_quantity), 0), count(*),
    sum(amount_exact) - coalesce(sum(covered_amount), 0)
FROM rating_usage
WHERE account_id = ANY (%(accounts)s) AND on_date >= %(start)s AND on_date < %(finish)s
    AND received_at <= %(cutoff)s
GROUP BY account_id, subscription_charge_id, service_id, on_date, attribute_key
ORDER BY account_id, subscription_charge_id, service_id, on_date, attribute_key
