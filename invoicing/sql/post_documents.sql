-- Give drafts their numbers and post them. Grain: one row per document.
-- Repeating: a document that is posted is left alone.
-- Binds: invoices bigint[], numbers text[] (NULL keeps a zero document without one), actor_id.
UPDATE invoicing_invoice AS v
SET state = CASE WHEN n.number IS NULL THEN 'SUPPRESSED' ELSE 'POSTED' END,
    number = n.number, posted_at = now(), posted_by_id = %(actor_id)s
FROM unnest(%(invoices)s::bigint[], %(numbers)s::text[]) AS n(id, number)
WHERE v.id = n.id AND v.state = 'DRAFT'
