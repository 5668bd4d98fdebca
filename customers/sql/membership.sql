-- Who each payer paid for over a window, with the days of each membership: what moves inside the
-- window need (HIER-6). An account that was opened inside the window belonged to nobody before: its
-- membership counts from the window's first day, so that the stub of the period in which it was
-- opened has a payer. Grain: one row per account and unbroken chain of positions.
-- Binds: %(payers)s bigint[], %(since)s date, %(until)s date or NULL. Reads only.
WITH RECURSIVE member AS (
    SELECT p.account_id AS payer_id, p.account_id,
           p.valid * daterange(%(since)s, %(until)s) AS valid
    FROM customers_accountposition p
    WHERE p.account_id = ANY (%(payers)s::bigint[]) AND p.role = 'PAYER'
      AND p.valid && daterange(%(since)s, %(until)s)
    UNION ALL
    SELECT m.payer_id, p.account_id, p.valid * m.valid
    FROM member m
    JOIN customers_accountposition p
      ON p.parent_id = m.account_id AND p.role = 'NON_PAYER' AND p.valid && m.valid
)
SELECT m.payer_id, m.account_id,
       CASE WHEN lower(m.valid) = a.opened_on THEN %(since)s::date ELSE lower(m.valid) END,
       upper(m.valid)
FROM member m
JOIN customers_account a ON a.id = m.account_id
ORDER BY m.payer_id, m.account_id, lower(m.valid)
