-- Purpose: a function that tells what was open on each item at the end of a day (COL-1, R1).
-- Grain: one row per item that was open that day; no item dated later; payer and entity optional.
-- How: today's open amount plus what was allocated after the day, which equals the amount less
--      what was allocated up to it; receivables.queries.INTEGRITY proves that they are equal.
-- Repeating: reads only.

CREATE FUNCTION receivables_standing_on(day date, of_payer bigint, of_entity bigint)
RETURNS TABLE (item_id bigint, payer_id bigint, entity_id bigint, side char(1), currency char(3),
               doc_date date, due_date date, open numeric, disputed numeric, functional numeric)
LANGUAGE sql STABLE AS $$
    WITH later AS MATERIALIZED (
        SELECT legs.item_id, sum(legs.amount) AS amount, sum(legs.functional) AS functional
          FROM (SELECT a.debit_item_id AS item_id, a.amount, a.functional_debit AS functional
                  FROM receivables_allocation a WHERE a.on_date > day
                UNION ALL
                SELECT a.credit_item_id, a.amount, a.functional_credit
                  FROM receivables_allocation a WHERE a.on_date > day) AS legs
         GROUP BY legs.item_id
    )
    SELECT i.id, i.payer_id, i.entity_id, i.side::char(1), i.currency::char(3),
           i.doc_date, i.due_date,
           i.open + coalesce(l.amount, 0),
           least(i.disputed, i.open + coalesce(l.amount, 0)),
           i.functional_open + coalesce(l.functional, 0)
      FROM receivables_openitem i
      LEFT JOIN later l ON l.item_id = i.id
     WHERE i.doc_date <= day
       AND (of_payer IS NULL OR i.payer_id = of_payer)
       AND (of_entity IS NULL OR i.entity_id = of_entity)
       AND i.open + coalesce(l.amount, 0) > 0
$$;

-- reverse:
DROP FUNCTION IF EXISTS receivables_standing_on(date, bigint, bigint);
