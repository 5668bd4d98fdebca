-- Who each payer pays for over a window, and when (HIER-2, HIER-6), with what pricing and tax need of
-- each account on a day: nearest price book (PRC-2) and place of service (own service address, else
-- own billing address, else what the account above has).
-- An account opened inside the window belonged to nobody before: it counts from the window's first
-- day, so that the stub of the period in which it was opened has a payer (PER-6).
-- Grain: one row per account and unbroken chain of positions, ordered by payer, depth, account.
-- Binds: %(payers)s bigint[], %(since)s, %(until)s, %(on_date)s date. Reads only.
WITH RECURSIVE member AS (
    SELECT p.account_id AS payer_id, p.account_id,
           p.valid * daterange(%(since)s, %(until)s) AS valid, a.opened_on, 0 AS depth,
           a.cost_centre,
           coalesce(a.pricebook_id, CASE WHEN p.parent_id IS NOT NULL
                                         THEN customers_pricebook_of(p.parent_id, %(on_date)s) END)
               AS pricebook_id,
           (SELECT d.jurisdiction_id
            FROM customers_accountaddress u JOIN customers_address d ON d.id = u.address_id
            WHERE u.account_id = p.account_id AND u.valid @> %(on_date)s
            ORDER BY u.role DESC LIMIT 1) AS jurisdiction_id
    FROM customers_accountposition p
    JOIN customers_account a ON a.id = p.account_id
    WHERE p.account_id = ANY (%(payers)s::bigint[]) AND p.role = 'PAYER'
      AND p.valid && daterange(%(since)s, %(until)s)
    UNION ALL
    SELECT m.payer_id, p.account_id, p.valid * m.valid, a.opened_on, m.depth + 1,
           a.cost_centre,
           coalesce(a.pricebook_id, m.pricebook_id),
           coalesce((SELECT d.jurisdiction_id
                     FROM customers_accountaddress u JOIN customers_address d
                       ON d.id = u.address_id
                     WHERE u.account_id = p.account_id AND u.valid @> %(on_date)s
                     ORDER BY u.role DESC LIMIT 1), m.jurisdiction_id)
    FROM member m
    JOIN customers_accountposition p
      ON p.parent_id = m.account_id AND p.role = 'NON_PAYER' AND p.valid && m.valid
    JOIN customers_account a ON a.id = p.account_id
)
SELECT payer_id, account_id,
       CASE WHEN lower(valid) = opened_on THEN %(since)s::date ELSE lower(valid) END,
       upper(valid), depth, cost_centre, pricebook_id,
       jurisdiction_id
FROM member
ORDER BY payer_id, depth, account_id
