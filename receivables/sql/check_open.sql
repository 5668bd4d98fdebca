-- Purpose: AR-1, what is open on an item is its amount less its allocations, in both currencies,
--          and every batch is the sum of its allocations.
-- Grain: one row per item or batch that does not agree. Repeating: reads only.
WITH settled AS (
    SELECT item_id, sum(amount) AS amount, sum(functional) AS functional
      FROM (SELECT debit_item_id AS item_id, amount, functional_debit AS functional
              FROM receivables_allocation
            UNION ALL
            SELECT credit_item_id, amount, functional_credit FROM receivables_allocation) legs
     GROUP BY item_id
)
SELECT i.number, 'open differs from amount less allocations',
       i.amount - coalesce(s.amount, 0), i.open
  FROM receivables_openitem i
  LEFT JOIN settled s ON s.item_id = i.id
 WHERE i.open <> i.amount - coalesce(s.amount, 0)
    OR i.functional_open <> i.functional_amount - coalesce(s.functional, 0)
UNION ALL
SELECT 'batch ' || b.id, 'the batch differs from its allocations', b.amount, coalesce(s.amount, 0)
  FROM receivables_allocationbatch b
  LEFT JOIN (SELECT batch_id, sum(amount) AS amount FROM receivables_allocation GROUP BY batch_id) s
    ON s.batch_id = b.id
 WHERE b.amount <> coalesce(s.amount, 0)
