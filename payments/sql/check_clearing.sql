-- Purpose: I-21, each clearing account holds the payments that stand and the receipts without owner.
-- Grain: one row per entity, clearing account and currency that does not agree. Repeating: reads only.
WITH held AS (
    SELECT entity_id, clearing_account, currency, sum(amount) AS amount
      FROM (SELECT entity_id, clearing_account, currency, amount FROM payments_payment
             WHERE state = 'RECEIVED'
            UNION ALL
            SELECT entity_id, clearing_account, currency, amount FROM payments_unidentifiedreceipt
             WHERE state = 'UNIDENTIFIED') m
     GROUP BY entity_id, clearing_account, currency
), used AS (
    SELECT DISTINCT entity_id, clearing_account FROM payments_payment
    UNION
    SELECT DISTINCT entity_id, clearing_account FROM payments_unidentifiedreceipt
), books AS (
    SELECT u.entity_id, u.clearing_account, l.currency, sum(l.debit - l.credit) AS amount
      FROM used u
      JOIN ledger_glaccount a ON a.entity_id = u.entity_id AND a.number = u.clearing_account
      JOIN ledger_journalline l ON l.account_id = a.id
     GROUP BY u.entity_id, u.clearing_account, l.currency
)
SELECT concat_ws(' ', e.code, coalesce(h.clearing_account, b.clearing_account),
                 coalesce(h.currency, b.currency)),
       'payments that stand and clearing account differ', coalesce(h.amount, 0), coalesce(b.amount, 0)
  FROM held h
  FULL JOIN books b ON b.entity_id = h.entity_id AND b.clearing_account = h.clearing_account
                   AND b.currency = h.currency
  JOIN ledger_legalentity e ON e.id = coalesce(h.entity_id, b.entity_id)
 WHERE coalesce(h.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY 1
