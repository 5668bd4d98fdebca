-- Purpose: ask that the accounts that a rerating touches be drawn anew, as far as they have balances.
-- Two days before, because an event may begin before its local day.
-- Grain: one row per account. Repeating: asks once more, which is harmless. Binds: none.
INSERT INTO rating_pendingdraw (account_id, since)
SELECT s.account_id, (min(s.on_date) - 2)::timestamp AT TIME ZONE 'UTC'
FROM rating_rebuild_stage AS s
WHERE EXISTS (SELECT FROM rating_balancebucket AS b WHERE b.account_id = s.account_id)
GROUP BY s.account_id
