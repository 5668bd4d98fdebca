-- Purpose: I-19, each batch is the sum of its payments and receipts, and agrees with its control totals.
-- Grain: one row per batch that does not add up. Repeating: reads only.
SELECT b.filename, 'the rows of the batch do not add up to it',
       b.payment_amount + b.unidentified_amount, s.amount
  FROM payments_paymentbatch b
  CROSS JOIN LATERAL (
      SELECT coalesce(sum(m.amount), 0) AS amount, count(*) AS n
        FROM (SELECT p.amount FROM payments_payment p WHERE p.batch_id = b.id
              UNION ALL
              SELECT r.amount FROM payments_unidentifiedreceipt r WHERE r.batch_id = b.id) m
  ) s
 WHERE s.amount <> b.payment_amount + b.unidentified_amount
    OR s.n <> b.payment_count + b.unidentified_count
    OR coalesce(b.control_amount, s.amount) <> s.amount
    OR coalesce(b.control_count, s.n) <> s.n
 ORDER BY b.id
