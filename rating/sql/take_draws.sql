-- Purpose: hold the next accounts whose usage is to be drawn, and those with which they share pools,
-- until the transaction ends.
-- Grain: one row per account, in the order of ids, so that nobody waits in a circle; `held` says
-- whether it is held: without `wait`, an account that somebody else holds is passed over; `asked`
-- whether it was asked for. Binds: after (the last account seen), size, wait. Repeating: holds what
-- is held already.
WITH next AS MATERIALIZED (
    SELECT DISTINCT account_id FROM rating_pendingdraw
    WHERE account_id > %(after)s
    ORDER BY account_id
    LIMIT %(size)s
)
SELECT
    account_id,
    CASE WHEN %(wait)s
        THEN pg_advisory_xact_lock(hashtextextended('balance:' || account_id, 0))::text = ''
        ELSE pg_try_advisory_xact_lock(hashtextextended('balance:' || account_id, 0))
    END AS held,
    account_id IN (SELECT account_id FROM next) AS asked
FROM (
    SELECT mate AS account_id
    FROM rating_pool_mates(ARRAY(SELECT account_id FROM next)) AS mate
    ORDER BY mate
) AS every
