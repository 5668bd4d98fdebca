-- Purpose: ask that what is derived from the days of a part be looked at, as far as its charges are
-- rated for another purpose. Without any agreement nothing of it is run.
-- Grain: one row per account and day. Repeating: asks once more, which is harmless. Binds: none.
INSERT INTO rating_pendingderivation (account_id, on_date)
SELECT DISTINCT s.account_id, s.on_date
FROM rating_sum_stage AS s
JOIN customers_subscriptioncharge AS c ON c.id = s.subscription_charge_id
WHERE EXISTS (SELECT FROM rating_ratingagreement)
    AND EXISTS (SELECT FROM rating_ratingagreement AS a WHERE a.charge_id = c.charge_id)
