-- Purpose: I-11 of what is derived: each event stands once for each purpose that rates it, and nothing
-- stands without its event. Days that wait to be derived are left out.
-- Grain: one row per account that differs: rows expected and actual. Binds: most. Repeating: reads only.
-- Only agreements for all events are counted: which of several a call takes is the rule's to say.
WITH wanted AS (
    SELECT e.account_id, e.id, a.purpose, e.on_date
    FROM rating_ratingagreement AS a
    JOIN customers_subscriptioncharge AS c ON c.charge_id = a.charge_id
    JOIN rating_usageevent AS e ON e.account_id = c.account_id AND e.subscription_charge_id = c.id
    WHERE a.attribute_key = '*' AND a.valid @> e.on_date
),
lost AS (
    SELECT w.account_id, w.on_date, 1 AS expected, 0 AS actual
    FROM wanted AS w
    WHERE NOT EXISTS (
        SELECT FROM rating_derivedrating AS d
        WHERE d.event_id = w.id AND d.purpose = w.purpose AND d.account_id = w.account_id
    )
    UNION ALL
    SELECT d.account_id, d.on_date, 0, 1
    FROM rating_derivedrating AS d
    WHERE NOT EXISTS (
        SELECT FROM rating_usageevent AS e
        WHERE e.account_id = d.account_id AND e.id = d.event_id AND e.on_date = d.on_date
    )
)
SELECT l.account_id, sum(l.expected), sum(l.actual)
FROM lost AS l
WHERE NOT EXISTS (
    SELECT FROM rating_pendingderivation AS p
    WHERE p.account_id = l.account_id AND p.on_date = l.on_date
)
GROUP BY l.account_id
ORDER BY l.account_id
LIMIT %(most)s
