-- Purpose: the accounts and days outside the scope whose sums the changed events of a page touch.
-- Grain: one row per account and local day. Binds: accounts, start, finish. Repeating: harmless.
INSERT INTO rating_rerate_days (account_id, on_date)
SELECT account_id, on_date FROM rating_rerate_stage
WHERE account_id IS NOT NULL AND (
    on_date < %(start)s OR on_date >= %(finish)s
    OR NOT (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
)
GROUP BY account_id, on_date
ON CONFLICT DO NOTHING
