-- Purpose: entries that do not balance, or have no lines at all (I-7).
-- Grain: one row per wrong entry, at most `most`. Binds: most. Repeating: reads only.
SELECT e.id, coalesce(sum(l.debit), 0), coalesce(sum(l.credit), 0),
       coalesce(sum(l.functional_debit), 0), coalesce(sum(l.functional_credit), 0)
FROM ledger_journalentry AS e
LEFT JOIN ledger_journalline AS l ON l.entry_id = e.id
GROUP BY e.id
HAVING count(l.id) = 0
    OR sum(l.debit) <> sum(l.credit)
    OR sum(l.functional_debit) <> sum(l.functional_credit)
ORDER BY e.id
LIMIT %(most)s
