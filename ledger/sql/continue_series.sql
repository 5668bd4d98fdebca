-- Purpose: begin a series for a new fiscal year in the shape of the latest one before it.
-- Grain: one series, or none when there is none to continue. Binds: entity, doc_type, fiscal_year.
-- Repeating: harmless, an existing series is kept.
INSERT INTO ledger_numberseries (entity_id, doc_type, fiscal_year, prefix, next_no, width)
SELECT entity_id, doc_type, %(fiscal_year)s, prefix, 1, width
FROM ledger_numberseries
WHERE entity_id = %(entity)s AND doc_type = %(doc_type)s AND prefix LIKE '%%{year}%%'
ORDER BY abs(fiscal_year - %(fiscal_year)s)
LIMIT 1
ON CONFLICT (entity_id, doc_type, fiscal_year) DO NOTHING
