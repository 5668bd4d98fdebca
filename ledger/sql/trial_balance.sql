-- Purpose: the trial balance of one entity as of a date, with the movement since another (I-8).
-- Grain: one row per account and transaction currency that has lines; functional sums beside it.
-- Binds: entity (id), as_of (inclusive date), since (inclusive date; movement from there on).
-- Repeating: reads only.
SELECT
    a.id, a.number, a.name, a.kind, l.currency,
    sum(l.debit), sum(l.credit),
    sum(l.functional_debit), sum(l.functional_credit),
    coalesce(sum(l.functional_debit - l.functional_credit)
        FILTER (WHERE e.accounting_date >= %(since)s), 0)
FROM ledger_journalline AS l
JOIN ledger_journalentry AS e ON e.id = l.entry_id
JOIN ledger_glaccount AS a ON a.id = l.account_id
WHERE e.entity_id = %(entity)s AND e.accounting_date <= %(as_of)s
GROUP BY a.id, a.number, a.name, a.kind, l.currency
ORDER BY a.number, l.currency
