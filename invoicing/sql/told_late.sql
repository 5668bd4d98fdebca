-- Orders submitted since the run before that change days before the look-back (CHG-6): what was billed
-- for those days is not corrected by itself. Grain: one row per account, order and day.
-- Binds: accounts bigint[], since date, told_after timestamptz. Reads only.
SELECT s.account_id, o.number, min(i.effective_on)
FROM customers_subscription s
JOIN customers_orderitem i ON i.subscription_id = s.id AND i.action <> 'ADD'
                          AND i.effective_on < %(since)s
JOIN customers_order o ON o.id = i.order_id AND o.submitted_at > %(told_after)s
WHERE s.account_id = ANY (%(accounts)s::bigint[]) AND s.effective_on < %(since)s
GROUP BY s.account_id, o.number
ORDER BY s.account_id, o.number
