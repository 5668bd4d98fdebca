-- Take away what an earlier attempt of the run drafted for some payers (BR-4): lines, taxes, items
-- and findings go, the head stays as DISCARDED and gives back its place in the cycle. Items that
-- waited before the run wait again. Repeating: finds nothing.
-- Binds: run_id, payers bigint[], keep_findings boolean. One statement, so that nothing of it is ever seen half done.
WITH drafts AS (
    UPDATE invoicing_invoice SET state = 'DISCARDED'
    WHERE run_id = %(run_id)s AND payer_id = ANY (%(payers)s)
      AND state IN ('DRAFT', 'SUPPRESSED')
    RETURNING id
), lines AS (
    SELECT l.id, l.charge_item_id FROM invoicing_invoiceline l JOIN drafts d ON d.id = l.invoice_id
), findings AS (
    DELETE FROM invoicing_billrunfinding
    WHERE run_id = %(run_id)s AND payer_id = ANY (%(payers)s) AND NOT %(keep_findings)s
), taxes AS (
    DELETE FROM invoicing_taxline t USING lines l WHERE t.line_id = l.id
), totals AS (
    DELETE FROM invoicing_taxtotal t USING drafts d WHERE t.invoice_id = d.id
), waiting AS (
    UPDATE invoicing_chargeitem i SET line_id = NULL, run_id = NULL
    FROM lines l WHERE i.id = l.charge_item_id AND i.subscription_charge_id = 0
), items AS (
    DELETE FROM invoicing_chargeitem i USING lines l
    WHERE i.id = l.charge_item_id AND i.subscription_charge_id <> 0
)
DELETE FROM invoicing_invoiceline l USING lines d WHERE l.id = d.id
