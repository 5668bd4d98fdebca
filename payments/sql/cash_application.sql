-- Purpose: receipts by clearing account, tender and currency in a span of days (R3).
-- Grain: one row per clearing account, tender and currency. Repeating: reads only.
-- Binds: from_day, to_day (both included), entities (null: all).
WITH money AS (
    SELECT p.clearing_account, p.tender_id, p.currency, p.amount,
           CASE WHEN p.state = 'REVERSED' THEN 0 ELSE p.amount - i.open END AS allocated,
           i.open AS unapplied,
           0::numeric AS unidentified,
           CASE WHEN p.state = 'REVERSED' THEN p.amount ELSE 0 END AS reversed
      FROM payments_payment p
      JOIN receivables_openitem i
        ON i.source_type = 'payments.payment' AND i.source_id = p.id AND i.side = 'C'
     WHERE p.received_on BETWEEN %(from_day)s AND %(to_day)s
       AND (%(entities)s::bigint[] IS NULL OR p.entity_id = ANY(%(entities)s::bigint[]))
    UNION ALL
    SELECT r.clearing_account, r.tender_id, r.currency, r.amount, 0, 0, r.amount, 0
      FROM payments_unidentifiedreceipt r
     WHERE r.state = 'UNIDENTIFIED' AND r.received_on BETWEEN %(from_day)s AND %(to_day)s
       AND (%(entities)s::bigint[] IS NULL OR r.entity_id = ANY(%(entities)s::bigint[]))
)
SELECT m.clearing_account, t.name, m.currency, sum(m.amount), sum(m.allocated), sum(m.unapplied),
       sum(m.unidentified), sum(m.reversed)
  FROM money m
  JOIN payments_tendertype t ON t.id = m.tender_id
 GROUP BY m.clearing_account, t.name, m.currency
 ORDER BY m.currency, m.clearing_account, t.name
