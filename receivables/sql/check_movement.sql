-- Purpose: I-2, the movement of receivables is made of its parts: documents added what their debit
--          items say, allocations took what they say (payments, credits and their reversals).
-- Grain: one row per entity, currency and part that does not agree. Repeating: reads only.
WITH control AS (
    SELECT DISTINCT entity_id, credit_number AS number FROM ledger_postingrule WHERE event = 'J12'
), books AS (
    SELECT c.entity_id, l.currency, e.event = 'J12' AS by_allocation, sum(l.debit - l.credit) AS amount
      FROM control c
      JOIN ledger_glaccount a ON a.entity_id = c.entity_id AND a.number = c.number
      JOIN ledger_journalline l ON l.account_id = a.id
      JOIN ledger_journalentry e ON e.id = l.entry_id
     GROUP BY c.entity_id, l.currency, e.event = 'J12'
), returned AS (
    SELECT a.debit_item_id AS item_id, a.amount
      FROM receivables_allocation a
      JOIN receivables_allocationbatch b ON b.id = a.batch_id
     WHERE b.strategy = 'RETURN'
), parts AS (
    SELECT i.entity_id, i.currency, false AS by_allocation, sum(i.amount) AS amount
      FROM receivables_openitem i
     WHERE i.side = 'D' AND NOT EXISTS (SELECT 1 FROM returned r WHERE r.item_id = i.id)
     GROUP BY i.entity_id, i.currency
    UNION ALL
    SELECT b.entity_id, b.currency, true, -sum(b.amount)
      FROM receivables_allocationbatch b
     WHERE b.strategy <> 'RETURN'
     GROUP BY b.entity_id, b.currency
)
SELECT concat_ws(' ', e.code, coalesce(p.currency, b.currency)),
       CASE WHEN coalesce(p.by_allocation, b.by_allocation)
            THEN 'allocations and their entries differ'
            ELSE 'documents and their entries differ' END,
       coalesce(p.amount, 0), coalesce(b.amount, 0)
  FROM parts p
  FULL JOIN books b
    ON b.entity_id = p.entity_id AND b.currency = p.currency AND b.by_allocation = p.by_allocation
  JOIN ledger_legalentity e ON e.id = coalesce(p.entity_id, b.entity_id)
 WHERE coalesce(p.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY 1
