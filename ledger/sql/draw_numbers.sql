-- Purpose: draw a block of document numbers (INV-1). The row stays locked until the posting
--   transaction ends, so numbers are handed out in commit order and an abort gives them back.
-- Grain: one series. Binds: entity (id), doc_type, fiscal_year, count.
-- Repeating: draws the next block.
UPDATE ledger_numberseries
SET next_no = next_no + %(count)s
WHERE entity_id = %(entity)s AND doc_type = %(doc_type)s AND fiscal_year = %(fiscal_year)s
RETURNING next_no - %(count)s, prefix, width
