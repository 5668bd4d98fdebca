-- Purpose: usage of accounts by charge, service, local day and attribute group.
-- Grain: as rating_usageaggregate, in key order. Binds: accounts, start, finish, written in as
-- literals because COPY takes none (cutoff: %(cutoff)s is not used here). Repeating: reads only.
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key, quantity, event_count,
    amount
FROM rating_usageaggregate
WHERE account_id = ANY (%(accounts)s) AND on_date >= %(start)s AND on_date < %(finish)s
ORDER BY account_id, subscription_charge_id, service_id, on_date, attribute_key
