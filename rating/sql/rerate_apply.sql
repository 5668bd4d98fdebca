-- Purpose: take the results of the staged events away, give those that move their new owner, charge,
-- day and quantity, and note the accounts and days outside the scope whose sums they touch.
-- Repeating: harmless until the page is emptied. Binds: accounts, start, finish.
DELETE FROM rating_ratedusage AS r
USING rating_rerate_stage AS s
WHERE r.account_id = s.was_account_id AND r.event_start = s.event_start AND r.id = s.id;
UPDATE rating_usageevent AS e SET
    account_id = s.account_id, service_id = s.service_id,
    subscription_charge_id = s.subscription_charge_id, on_date = s.on_date,
    attribute_key = s.attribute_key, billable_quantity = s.billable_quantity,
    covered_quantity = NULL
FROM rating_rerate_stage AS s
WHERE s.fate = 'MOVED' AND e.account_id = s.was_account_id AND e.event_start = s.event_start
    AND e.id = s.id;
INSERT INTO rating_rerate_days (account_id, on_date)
SELECT account_id, on_date FROM rating_rerate_stage
WHERE fate = 'MOVED' AND (
    on_date < %(start)s OR on_date >= %(finish)s
    OR NOT (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
)
GROUP BY account_id, on_date
ON CONFLICT DO NOTHING;
