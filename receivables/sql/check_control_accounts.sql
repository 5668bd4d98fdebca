-- Purpose: I-1, open debits are the balance of receivables (what J12 credits) and open credits the
--          balance of unapplied credits (what J12 debits), per entity and currency, in transaction
--          and in functional currency.
-- Grain: one row per entity, currency and account that does not agree. Repeating: reads only.
WITH control AS (
    SELECT DISTINCT r.entity_id, n.side, n.number
      FROM ledger_postingrule r
      CROSS JOIN LATERAL (VALUES ('D', r.credit_number), ('C', r.debit_number)) AS n (side, number)
     WHERE r.event = 'J12'
), books AS (
    SELECT c.entity_id, c.side, l.currency,
           sum(l.debit - l.credit) * CASE c.side WHEN 'D' THEN 1 ELSE -1 END AS amount,
           sum(l.functional_debit - l.functional_credit)
               * CASE c.side WHEN 'D' THEN 1 ELSE -1 END AS functional
      FROM control c
      JOIN ledger_glaccount a ON a.entity_id = c.entity_id AND a.number = c.number
      JOIN ledger_journalline l ON l.account_id = a.id
     GROUP BY c.entity_id, c.side, l.currency
), items AS (
    SELECT entity_id, side, currency, sum(open) AS amount, sum(functional_open) AS functional
      FROM receivables_openitem
     GROUP BY entity_id, side, currency
)
SELECT concat_ws(' ', e.code, coalesce(i.currency, b.currency),
                 CASE coalesce(i.side, b.side) WHEN 'D' THEN 'receivables' ELSE 'unapplied credits' END),
       'open items and control account differ', coalesce(i.amount, 0), coalesce(b.amount, 0)
  FROM items i
  FULL JOIN books b
    ON b.entity_id = i.entity_id AND b.side = i.side AND b.currency = i.currency
  JOIN ledger_legalentity e ON e.id = coalesce(i.entity_id, b.entity_id)
 WHERE coalesce(i.amount, 0) <> coalesce(b.amount, 0)
    OR coalesce(i.functional, 0) <> coalesce(b.functional, 0)
 ORDER BY 1
