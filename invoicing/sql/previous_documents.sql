-- The latest posted cycle document of each payer, signed, for comparison (BR-5).
-- Grain: one row per payer that has one. Binds: payers bigint[]. Reads only.
SELECT p.id, d.total * d.sign, d.tax * d.sign
FROM unnest(%(payers)s::bigint[]) AS p(id)
CROSS JOIN LATERAL (
    SELECT v.total, v.tax, CASE v.doc_type WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END AS sign
    FROM invoicing_invoice v
    WHERE v.payer_id = p.id AND v.origin = 'CYCLE' AND v.state = 'POSTED'
    ORDER BY v.id DESC
    LIMIT 1
) d
