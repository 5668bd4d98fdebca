-- Purpose: J14, receipts without an owner are the balance of the account that J14 credits.
-- Grain: one row per entity and currency that does not agree. Repeating: reads only.
WITH waiting AS (
    SELECT entity_id, currency, sum(amount) AS amount FROM payments_unidentifiedreceipt
     WHERE state = 'UNIDENTIFIED' GROUP BY entity_id, currency
), control AS (
    SELECT DISTINCT entity_id, debit_number AS number FROM ledger_postingrule
     WHERE event = 'J14' AND gl_code = 'IDENTIFIED'
), books AS (
    SELECT c.entity_id, l.currency, sum(l.credit - l.debit) AS amount
      FROM control c
      JOIN ledger_glaccount a ON a.entity_id = c.entity_id AND a.number = c.number
      JOIN ledger_journalline l ON l.account_id = a.id
     GROUP BY c.entity_id, l.currency
)
SELECT concat_ws(' ', e.code, coalesce(w.currency, b.currency)),
       'receipts without owner and their account differ', coalesce(w.amount, 0), coalesce(b.amount, 0)
  FROM waiting w
  FULL JOIN books b ON b.entity_id = w.entity_id AND b.currency = w.currency
  JOIN ledger_legalentity e ON e.id = coalesce(w.entity_id, b.entity_id)
 WHERE coalesce(w.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY 1
