-- Purpose: entries that do not balance, have no lines at all, or are not there for their lines (I-7).
-- Grain: one row per wrong entry, at most `most`. Binds: most. Repeating: reads only.
SELECT coalesce(e.id, l.entry_id), coalesce(sum(l.debit), 0), coalesce(sum(l.credit), 0),
       coalesce(sum(l.functional_debit), 0), coalesce(sum(l.functional_credit), 0)
FROM ledger_journalentry AS e
FULL JOIN ledger_journalline AS l ON l.entry_id = e.id
GROUP BY 1
HAVING count(l.id) = 0
    OR count(e.id) = 0
    OR sum(l.debit) <> sum(l.credit)
    OR sum(l.functional_debit) <> sum(l.functional_credit)
ORDER BY 1
LIMIT %(most)s
