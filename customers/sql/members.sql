-- Who each payer pays for on a day, itself included (HIER-2), with what pricing and tax need of
-- each account: nearest price book (PRC-2) and place of service (own service address, else own
-- billing address, else what the parent has). Grain: one row per account, ordered by payer, depth.
-- Binds: %(payers)s bigint[], %(on_date)s date. Reads only.
WITH RECURSIVE member AS (
    SELECT p.account_id AS payer_id, p.account_id, p.parent_id, 0 AS depth,
           coalesce((SELECT a.pricebook_id FROM customers_account a WHERE a.id = p.account_id),
                    CASE WHEN p.parent_id IS NOT NULL
                         THEN customers_pricebook_of(p.parent_id, %(on_date)s) END) AS pricebook_id,
           (SELECT d.jurisdiction_id
            FROM customers_accountaddress u JOIN customers_address d ON d.id = u.address_id
            WHERE u.account_id = p.account_id AND u.valid @> %(on_date)s
            ORDER BY u.role DESC LIMIT 1) AS jurisdiction_id
    FROM customers_accountposition p
    WHERE p.account_id = ANY (%(payers)s::bigint[]) AND p.valid @> %(on_date)s AND p.role = 'PAYER'
    UNION ALL
    SELECT m.payer_id, p.account_id, p.parent_id, m.depth + 1,
           coalesce(a.pricebook_id, m.pricebook_id),
           coalesce((SELECT d.jurisdiction_id
                     FROM customers_accountaddress u JOIN customers_address d
                       ON d.id = u.address_id
                     WHERE u.account_id = p.account_id AND u.valid @> %(on_date)s
                     ORDER BY u.role DESC LIMIT 1), m.jurisdiction_id)
    FROM member m
    JOIN customers_accountposition p
      ON p.parent_id = m.account_id AND p.role = 'NON_PAYER' AND p.valid @> %(on_date)s
    JOIN customers_account a ON a.id = p.account_id
)
SELECT m.payer_id, m.account_id, m.parent_id, m.depth, a.number, a.name, a.customer_id,
       c.segment, a.time_zone, a.cost_centre, a.po_number, a.status, m.pricebook_id,
       m.jurisdiction_id
FROM member m
JOIN customers_account a ON a.id = m.account_id
JOIN customers_customer c ON c.id = a.customer_id
ORDER BY m.payer_id, m.depth, m.account_id
