-- Redirections from the accounts, and to the payers, in force on or after a day, the most specific
-- first (HIER-8), with what pricing and tax need of the account they are of, as `owners` gives it.
-- One from the account's first day counts from `since`, as the account itself does (PER-6).
-- Grain: one row per redirection. Binds: %(payers)s, %(accounts)s bigint[], %(since)s, %(on_date)s
-- date. Reads only.
SELECT r.id, r.account_id, r.payer_id,
       CASE WHEN lower(r.valid) <= a.opened_on THEN %(since)s::date ELSE lower(r.valid) END,
       upper(r.valid), r.cap, r.product_id, r.section,
       CASE WHEN r.subscription_id IS NOT NULL THEN ARRAY(
           SELECT sc.id FROM customers_subscriptioncharge sc
           WHERE sc.subscription_id = r.subscription_id) END,
       a.cost_centre,
       coalesce(a.pricebook_id, customers_pricebook_of(a.id, %(on_date)s)),
       (SELECT d.jurisdiction_id
        FROM customers_accountaddress u JOIN customers_address d ON d.id = u.address_id
        WHERE u.account_id IN (a.id, customers_payer_of(a.id, %(on_date)s))
          AND u.valid @> %(on_date)s
        ORDER BY (u.account_id = a.id) DESC, u.role DESC LIMIT 1)
FROM customers_chargeredirection r
JOIN customers_account a ON a.id = r.account_id
WHERE (r.payer_id = ANY (%(payers)s::bigint[]) OR r.account_id = ANY (%(accounts)s::bigint[]))
  AND r.valid && daterange(%(since)s, NULL)
ORDER BY r.account_id, (r.subscription_id IS NULL), (r.product_id IS NULL), (r.section = ''), r.id
