-- Purpose: a function that tells what was open on each item at the end of a day (COL-1, R1).
-- Grain: one row per item that was open that day; no item dated later; payer and entity optional.
-- How: today's open amount plus what was allocated after the day, which equals the amount less
--      what was allocated up to it; receivables.queries.INTEGRITY proves that they are equal.
--      Items that moved since are found by the day of the allocations, all others among what is
--      open today, so that what was settled long ago is not read. What was disputed is the last
--      mark up to the day.
-- Repeating: reads only.

CREATE FUNCTION receivables_standing_on(day date, of_payer bigint, of_entity bigint)
RETURNS TABLE (item_id bigint, payer_id bigint, entity_id bigint, side char(1), currency char(3),
               doc_date date, due_date date, open numeric, disputed numeric, functional numeric)
LANGUAGE sql STABLE AS $$
    WITH marked AS (
        SELECT DISTINCT ON (m.item_id) m.item_id, m.disputed
          FROM receivables_disputemark m WHERE m.on_date <= day
         ORDER BY m.item_id, m.on_date DESC, m.id DESC
    )
    SELECT i.id, i.payer_id, i.entity_id, i.side::char(1), i.currency::char(3),
           i.doc_date, i.due_date,
           i.open + sum(later.amount),
           least(coalesce(marked.disputed, 0), i.open + sum(later.amount)),
           i.functional_open + sum(later.functional)
      FROM receivables_openitem i
      JOIN (SELECT a.debit_item_id, a.amount, a.functional_debit
              FROM receivables_allocation a WHERE a.on_date > day
            UNION ALL
            SELECT a.credit_item_id, a.amount, a.functional_credit
              FROM receivables_allocation a WHERE a.on_date > day
           ) AS later (item_id, amount, functional) ON later.item_id = i.id
      LEFT JOIN marked ON marked.item_id = i.id
     WHERE i.doc_date <= day
       AND (of_payer IS NULL OR i.payer_id = of_payer)
       AND (of_entity IS NULL OR i.entity_id = of_entity)
     GROUP BY i.id, marked.disputed
    HAVING i.open + sum(later.amount) > 0
    UNION ALL
    SELECT i.id, i.payer_id, i.entity_id, i.side::char(1), i.currency::char(3),
           i.doc_date, i.due_date, i.open, least(coalesce(marked.disputed, 0), i.open),
           i.functional_open
      FROM receivables_openitem i
      LEFT JOIN marked ON marked.item_id = i.id
     WHERE i.open > 0 AND i.doc_date <= day
       AND (of_payer IS NULL OR i.payer_id = of_payer)
       AND (of_entity IS NULL OR i.entity_id = of_entity)
       AND NOT EXISTS (SELECT FROM receivables_allocation a
                        WHERE a.debit_item_id = i.id AND a.on_date > day)
       AND NOT EXISTS (SELECT FROM receivables_allocation a
                        WHERE a.credit_item_id = i.id AND a.on_date > day)
$$;

-- reverse:
DROP FUNCTION IF EXISTS receivables_standing_on(date, bigint, bigint);
