-- Purpose: what usage brings, costs and shares out, of the charges that are rated for another purpose.
-- Grain: one row per charge and currency. `retail` is null where a line prices the usage.
-- Binds: start, finish (local days, half-open), entities (array, null for all). Repeating: reads only.
WITH own AS (
    SELECT c.id, c.account_id, c.charge_id, a.currency
    FROM customers_subscriptioncharge AS c
    JOIN customers_account AS a ON a.id = c.account_id
    WHERE c.charge_id IN (SELECT charge_id FROM rating_ratingagreement)
      AND (%(entities)s::bigint[] IS NULL OR a.entity_id = ANY (%(entities)s))
),
retail AS (
    SELECT
        own.charge_id, own.currency, sum(u.event_count) AS events,
        CASE WHEN bool_and(u.amount IS NOT NULL) THEN sum(u.amount) END AS amount
    FROM own
    JOIN rating_usageaggregate AS u ON u.account_id = own.account_id AND u.subscription_charge_id = own.id
    WHERE u.on_date >= %(start)s AND u.on_date < %(finish)s
    GROUP BY 1, 2
),
derived AS (
    SELECT
        own.charge_id, d.currency,
        coalesce(sum(d.amount) FILTER (WHERE d.purpose = 'WHOLESALE'), 0) AS wholesale,
        coalesce(sum(d.amount) FILTER (WHERE d.purpose = 'PARTNER'), 0) AS partner,
        count(*) FILTER (WHERE d.amount IS NULL) AS unrated
    FROM rating_derivedrating AS d
    JOIN own ON own.id = d.subscription_charge_id
    WHERE d.on_date >= %(start)s AND d.on_date < %(finish)s
    GROUP BY 1, 2
)
SELECT
    c.reference, currency, coalesce(r.events, 0),
    CASE WHEN r.events IS NULL THEN 0 ELSE r.amount END,
    coalesce(d.wholesale, 0), coalesce(d.partner, 0), coalesce(d.unrated, 0)
FROM retail AS r
FULL JOIN derived AS d USING (charge_id, currency)
JOIN catalog_charge AS c ON c.id = charge_id
ORDER BY c.reference, currency
