-- Everything a document says about its payer. Grain: one row per payer id, ordered by id.
-- Binds: %(payers)s bigint[], %(on_date)s date. Reads only.
SELECT a.id, a.number, a.name, a.customer_id, c.number, c.legal_name, c.kind, c.segment,
       c.vat_id,
       c.vat_id <> '' AND coalesce((SELECT k.is_valid FROM customers_vatidcheck k
                 WHERE k.customer_id = c.id AND k.vat_id = c.vat_id
                   AND k.checked_on <= %(on_date)s
                 ORDER BY k.checked_on DESC, k.id DESC LIMIT 1), false),
       a.entity_id, a.currency, a.time_zone, a.cycle_code, a.cycle_day, a.cycle_months,
       a.invoice_mode, a.terms_kind, a.terms_days, a.language, a.delivery, a.po_number,
       a.status, a.billing_hold_until,
       coalesce(a.pricebook_id, CASE WHEN p.parent_id IS NOT NULL
                                     THEN customers_pricebook_of(p.parent_id, %(on_date)s) END),
       b.line1, b.line2, b.town, b.postcode, b.region, b.country, b.jurisdiction_id
FROM customers_account a
JOIN customers_customer c ON c.id = a.customer_id
LEFT JOIN customers_accountposition p ON p.account_id = a.id AND p.valid @> %(on_date)s
LEFT JOIN LATERAL (
    SELECT d.* FROM customers_accountaddress u JOIN customers_address d ON d.id = u.address_id
    WHERE u.account_id = a.id AND u.role = 'BILLING' AND u.valid @> %(on_date)s
) b ON true
WHERE a.id = ANY (%(payers)s::bigint[])
ORDER BY a.id
