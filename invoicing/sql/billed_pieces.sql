-- The latest pieces that posted documents have billed of some charges, oldest first.
-- Grain: one row per charge item. Binds: charges bigint[], most. Reads only.
SELECT * FROM (
    SELECT i.subscription_charge_id, i.segment_start, i.segment_end, i.amount, i.currency, d.number
    FROM invoicing_chargeitem i
    JOIN invoicing_invoiceline l ON l.id = i.line_id
    JOIN invoicing_invoice d ON d.id = l.invoice_id AND d.state = 'POSTED'
    WHERE i.subscription_charge_id = ANY (%(charges)s::bigint[]) AND i.subscription_charge_id <> 0
    ORDER BY i.segment_start DESC, i.id DESC LIMIT %(most)s) latest
ORDER BY segment_start, amount DESC
