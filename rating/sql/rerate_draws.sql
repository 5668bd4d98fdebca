-- Purpose: ask that the accounts of a rerating be drawn anew, as far as they have balances (ENT-6).
-- Two days before, because an event may begin before its local day.
-- Grain: one row per account, returned. Repeating: asks once more, which is harmless. Binds: none.
INSERT INTO rating_pendingdraw (account_id, since)
SELECT s.account_id, (min(s.first_date) - 2)::timestamp AT TIME ZONE 'UTC'
FROM (
    SELECT account_id, first_date FROM rating_rerate_before
    UNION ALL
    SELECT account_id, min(on_date) FROM rating_rerate_sums GROUP BY account_id
) AS s
WHERE EXISTS (SELECT FROM rating_balancebucket AS b WHERE b.account_id = s.account_id)
    OR EXISTS (SELECT FROM rating_poolmember AS m WHERE m.account_id = s.account_id)
GROUP BY s.account_id
RETURNING account_id
