-- Purpose: I-4: what was paid for what is left of balances of money is what the books owe for it
-- (what J25 debits where nothing was given). Spread over the balance by cumulative rounding (ENT-9).
-- Grain: one row per entity and currency that differs: expected and actual. Binds: most.
-- Repeating: reads only.
WITH control AS (
    SELECT DISTINCT r.entity_id, r.debit_number AS number
    FROM ledger_postingrule AS r
    WHERE r.event = 'J25' AND r.gl_code = ''
), books AS (
    SELECT c.entity_id, l.currency, sum(l.credit - l.debit) AS amount
    FROM control AS c
    JOIN ledger_glaccount AS a ON a.entity_id = c.entity_id AND a.number = c.number
    JOIN ledger_journalline AS l ON l.account_id = a.id
    GROUP BY c.entity_id, l.currency
), unused AS (
    SELECT a.entity_id, b.currency, sum(
        b.consideration - round(
            b.consideration * (b.initial - b.remaining) / b.initial, minor_units(b.currency))
    ) AS amount
    FROM rating_balancebucket AS b
    JOIN customers_account AS a ON a.id = b.account_id
    WHERE b.consideration > 0 AND (b.closed_at IS NULL OR b.remaining > 0)
    GROUP BY a.entity_id, b.currency
)
SELECT concat_ws(' ', e.code, coalesce(u.currency, k.currency)), coalesce(u.amount, 0), coalesce(k.amount, 0)
FROM unused AS u
FULL JOIN books AS k ON k.entity_id = u.entity_id AND k.currency = u.currency
JOIN ledger_legalentity AS e ON e.id = coalesce(u.entity_id, k.entity_id)
WHERE coalesce(u.amount, 0) <> coalesce(k.amount, 0)
ORDER BY 1
LIMIT %(most)s
