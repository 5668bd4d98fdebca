-- Purpose: the payers of a cycle on a bill date, and why some of them are not to be billed (BR-3).
-- Grain: one row per account that is a payer on that day (HIER-2). Reads only; STABLE.
-- Repeating: CREATE OR REPLACE.
CREATE OR REPLACE FUNCTION invoicing_candidates(wanted text, bill_date date)
RETURNS TABLE (id bigint, currency char(3), reason text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.id, a.currency,
           CASE
               WHEN a.status IN ('PENDING', 'CLOSED')
                   THEN 'The account is ' || lower(a.status) || '.'
               WHEN a.billing_hold_until > bill_date
                   THEN 'Billing is held until ' || a.billing_hold_until || ': '
                        || a.billing_hold_reason
               WHEN o.run_id IS NOT NULL
                   THEN 'The payer is in run ' || o.run_id || '.'
               WHEN v.id IS NOT NULL
                   THEN 'Billed already: ' || coalesce(v.number, 'document ' || v.id) || '.'
               ELSE ''
           END
    FROM customers_account a
    JOIN customers_accountposition p
      ON p.account_id = a.id AND p.role = 'PAYER' AND p.valid @> bill_date
    LEFT JOIN invoicing_billrunaccount o ON o.payer_id = a.id AND o.is_open
    LEFT JOIN LATERAL (
        SELECT d.id, d.number FROM invoicing_invoice d
        WHERE d.payer_id = a.id AND d.origin = 'CYCLE' AND d.invoice_date = bill_date
          AND d.state IN ('DRAFT', 'POSTED', 'SUPPRESSED')
        LIMIT 1
    ) v ON true
    WHERE a.cycle_code = wanted;
END;

-- reverse:
DROP FUNCTION IF EXISTS invoicing_candidates(text, date);
