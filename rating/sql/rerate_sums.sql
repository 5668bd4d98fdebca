-- Purpose: the sums of a scope and of the days touched beside it, as the events say.
-- Grain: as rating_usageaggregate. Binds: accounts, start, finish, in_lines (whether any event of the
-- scope counts in its line; if none does, the events are not read). Repeating: adds them anew.
-- Made by CREATE TABLE AS, because several processes may share in that and in no INSERT. Its size is
-- all that the planner has to know of it.
DROP TABLE IF EXISTS rating_rerate_sums;
CREATE TEMPORARY TABLE rating_rerate_sums ON COMMIT DROP AS
SELECT
    account_id, subscription_charge_id, service_id, on_date, attribute_key,
    sum(billable_quantity) - coalesce(sum(covered_quantity), 0) AS quantity,
    count(*) AS event_count,
    sum(amount_exact) - coalesce(sum(covered_amount), 0) AS amount
FROM rating_countedusage
WHERE on_date >= %(start)s AND on_date < %(finish)s
    AND event_start >= %(start)s::date - interval '2 days'
    AND event_start < %(finish)s::date + interval '2 days'
    AND (%(accounts)s::bigint[] IS NULL OR account_id = ANY(%(accounts)s::bigint[]))
    AND (%(in_lines)s OR NOT in_line)
GROUP BY 1, 2, 3, 4, 5;
INSERT INTO rating_rerate_sums
SELECT
    e.account_id, e.subscription_charge_id, e.service_id, e.on_date, e.attribute_key,
    sum(e.billable_quantity) - coalesce(sum(e.covered_quantity), 0), count(*),
    sum(e.amount_exact) - coalesce(sum(e.covered_amount), 0)
FROM rating_rerate_days AS d
JOIN rating_countedusage AS e ON e.account_id = d.account_id AND e.on_date = d.on_date
GROUP BY 1, 2, 3, 4, 5;
ANALYZE rating_rerate_sums (account_id);
