-- Purpose: I-15, what was open at the end of a day, debits less credits, is what the two control
--          accounts said up to that day; looked at for the last day with an entry and for the ends
--          of the last three closed periods.
-- Grain: one row per entity, currency and day that does not agree. Repeating: reads only.
WITH days AS (
    SELECT entity_id, max(accounting_date) AS day FROM ledger_journalentry GROUP BY entity_id
    UNION
    SELECT entity_id, day
      FROM (SELECT entity_id, upper(period) - 1 AS day,
                   row_number() OVER (PARTITION BY entity_id ORDER BY upper(period) DESC) AS place
              FROM ledger_accountingperiod WHERE state = 'CLOSED') closed
     WHERE place <= 3
), control AS (
    SELECT DISTINCT r.entity_id, n.number
      FROM ledger_postingrule r
      CROSS JOIN LATERAL (VALUES (r.credit_number), (r.debit_number)) AS n (number)
     WHERE r.event = 'J12'
), books AS (
    SELECT d.entity_id, d.day, l.currency, sum(l.debit - l.credit) AS amount
      FROM days d
      JOIN ledger_journalentry e ON e.entity_id = d.entity_id AND e.accounting_date <= d.day
      JOIN ledger_journalline l ON l.entry_id = e.id
      JOIN ledger_glaccount a ON a.id = l.account_id
      JOIN control c ON c.entity_id = a.entity_id AND c.number = a.number
     GROUP BY d.entity_id, d.day, l.currency
), items AS (
    SELECT d.entity_id, d.day, s.currency,
           sum(CASE s.side WHEN 'D' THEN s.open ELSE -s.open END) AS amount
      FROM days d
      CROSS JOIN LATERAL receivables_standing_on(d.day, NULL, d.entity_id) s
     GROUP BY d.entity_id, d.day, s.currency
)
SELECT concat_ws(' ', e.code, coalesce(i.currency, b.currency), coalesce(i.day, b.day)),
       'ageing and ledger differ on the day', coalesce(i.amount, 0), coalesce(b.amount, 0)
  FROM items i
  FULL JOIN books b ON b.entity_id = i.entity_id AND b.day = i.day AND b.currency = i.currency
  JOIN ledger_legalentity e ON e.id = coalesce(i.entity_id, b.entity_id)
 WHERE coalesce(i.amount, 0) <> coalesce(b.amount, 0)
 ORDER BY 1
