-- Purpose: what stands derived of some accounts and days, and of some events wherever they were.
-- Grain: one row per event and purpose. Binds: accounts, days (arrays, in pairs), events (array).
-- Repeating: reads only.
SELECT
    event_id, purpose, account_id, subscription_charge_id, on_date, agreement_id, quantity,
    attribute_key, amount, currency, price_version_id, reason
FROM rating_derivedrating
WHERE event_id = ANY(%(events)s::bigint[])
    OR (on_date, account_id) IN (
        SELECT w.on_date, w.account_id
        FROM unnest(%(accounts)s::bigint[], %(days)s::date[]) AS w (account_id, on_date)
    )
