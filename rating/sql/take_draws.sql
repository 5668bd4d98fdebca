-- Purpose: hold the next accounts whose usage is to be drawn, until the transaction ends.
-- Grain: one row per account, held in the order of their ids, so that nobody waits in a circle.
-- Binds: size. Repeating: holds what is held already.
SELECT account_id, pg_advisory_xact_lock(hashtextextended('balance:' || account_id, 0))
FROM (
    SELECT DISTINCT account_id FROM rating_pendingdraw ORDER BY account_id LIMIT %(size)s
) AS next
