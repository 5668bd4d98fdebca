-- Purpose: write what covers each staged event, and take it out of the sums that are charged.
-- Grain: one row per staged event, one per sum. Repeating would take out twice: it runs once, in the
-- transaction that writes the movements. Sums are taken in key order, as loads do. Binds: none.
WITH in_line AS (
    UPDATE rating_usageevent AS e SET covered_quantity = s.covered_quantity
    FROM rating_draw_stage AS s
    WHERE e.account_id = s.account_id AND e.event_start = s.event_start AND e.id = s.id
        AND e.billable_quantity IS NOT NULL
    RETURNING e.account_id, e.subscription_charge_id, e.service_id, e.on_date, e.attribute_key,
        s.less, s.amount_less
), by_itself AS (
    UPDATE rating_ratedusage AS r
    SET covered_quantity = s.covered_quantity, covered_amount = s.covered_amount
    FROM rating_draw_stage AS s
    WHERE r.account_id = s.account_id AND r.event_start = s.event_start AND r.id = s.id
    RETURNING r.account_id, r.subscription_charge_id, r.service_id, r.on_date, r.attribute_key,
        s.less, s.amount_less
), covered AS (
    SELECT * FROM in_line UNION ALL SELECT * FROM by_itself
), changed AS (
    SELECT account_id, subscription_charge_id, service_id, on_date, attribute_key,
        sum(less) AS less, sum(amount_less) AS amount_less
    FROM covered
    GROUP BY 1, 2, 3, 4, 5
), held AS (
    SELECT a.account_id, a.subscription_charge_id, a.service_id, a.on_date, a.attribute_key,
        c.less, c.amount_less
    FROM rating_usageaggregate AS a
    JOIN changed AS c USING (
        account_id, subscription_charge_id, service_id, on_date, attribute_key
    )
    ORDER BY 1, 2, 3, 4, 5
    FOR UPDATE OF a
)
UPDATE rating_usageaggregate AS a
SET quantity = a.quantity - h.less, amount = a.amount - h.amount_less
FROM held AS h
WHERE a.account_id = h.account_id AND a.subscription_charge_id = h.subscription_charge_id
    AND a.service_id = h.service_id AND a.on_date = h.on_date
    AND a.attribute_key = h.attribute_key
