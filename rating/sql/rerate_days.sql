-- Purpose: every account and day whose sums a rerating may change.
-- Grain: one row per account and local day. Binds: accounts, start, finish. Repeating: harmless.
INSERT INTO rating_rebuild_stage (account_id, on_date)
SELECT account_id, on_date FROM rating_usageaggregate
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
UNION
SELECT account_id, on_date FROM rating_usageevent
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
UNION
SELECT old_account_id, old_on_date FROM rating_rerate_stage
UNION
SELECT account_id, on_date FROM rating_rerate_stage WHERE account_id IS NOT NULL
ON CONFLICT DO NOTHING
