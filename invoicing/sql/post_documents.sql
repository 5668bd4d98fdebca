-- Give drafts their numbers and post them. Grain: one row per document.
-- Repeating: a document that is posted is left alone.
-- The draft is found by its key for each number in turn (OFFSET 0): statistics that lag behind would
-- let the planner pair every draft of the run with every number of the chunk.
-- Binds: invoices bigint[], numbers text[] (NULL keeps a zero document without one), actor_id.
UPDATE invoicing_invoice AS v
SET state = CASE WHEN n.number IS NULL THEN 'SUPPRESSED' ELSE 'POSTED' END,
    number = n.number, posted_at = now(), posted_by_id = %(actor_id)s
FROM unnest(%(invoices)s::bigint[], %(numbers)s::text[]) AS n(id, number)
CROSS JOIN LATERAL (
    SELECT d.id FROM invoicing_invoice d WHERE d.id = n.id AND d.state = 'DRAFT' OFFSET 0
) k
WHERE v.id = k.id
