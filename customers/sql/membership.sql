-- Who each payer paid for over a window, with the days of each membership: what moves inside the
-- window need (HIER-6). Grain: one row per account and unbroken chain of positions.
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
SELECT payer_id, account_id, lower(valid), upper(valid)
FROM member
ORDER BY payer_id, account_id, lower(valid)
