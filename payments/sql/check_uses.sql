-- Purpose: I-3, each payment: allocated + unapplied + reversed = amount, from its allocations.
-- Grain: one row per payment that does not add up. Repeating: reads only.
-- Binds: payment, reversal (labels of the two documents).
WITH used AS (
    SELECT c.source_id AS payment_id,
           coalesce(sum(a.amount) FILTER (WHERE d.source_type <> %(reversal)s), 0) AS allocated,
           coalesce(sum(a.amount) FILTER (WHERE d.source_type = %(reversal)s), 0) AS reversed
      FROM receivables_openitem c
      LEFT JOIN receivables_allocation a ON a.credit_item_id = c.id
      LEFT JOIN receivables_openitem d ON d.id = a.debit_item_id
     WHERE c.source_type = %(payment)s AND c.side = 'C'
     GROUP BY c.source_id
)
SELECT p.number, 'allocated, unapplied and reversed do not add up to the payment',
       p.amount, coalesce(u.allocated, 0) + coalesce(i.open, 0) + coalesce(u.reversed, 0)
  FROM payments_payment p
  LEFT JOIN used u ON u.payment_id = p.id
  LEFT JOIN receivables_openitem i
    ON i.source_type = %(payment)s AND i.source_id = p.id AND i.side = 'C'
 WHERE p.amount <> coalesce(u.allocated, 0) + coalesce(i.open, 0) + coalesce(u.reversed, 0)
    OR (p.state = 'REVERSED') <> (coalesce(u.reversed, 0) = p.amount)
 ORDER BY p.id
