-- Purpose: ask that the accounts of a part, as far as they have balances, have their usage drawn anew
-- from the days of the part on. Two days before, because an event may begin before its local day.
-- Grain: one row per account with a balance. Repeating: asks once more, which is harmless. Binds: none.
INSERT INTO rating_pendingdraw (account_id, since)
SELECT s.account_id, (min(s.on_date) - 2)::timestamp AT TIME ZONE 'UTC'
FROM rating_sum_stage AS s
WHERE EXISTS (SELECT FROM rating_balancebucket AS b WHERE b.account_id = s.account_id)
    OR EXISTS (SELECT FROM rating_poolmember AS m WHERE m.account_id = s.account_id)
GROUP BY s.account_id
