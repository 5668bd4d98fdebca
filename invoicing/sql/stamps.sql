-- Fingerprint of what decides the bill of each payer: accounts and who pays for them, those of whose
-- charges it pays a part (HIER-8) included, customers,
-- addresses, timelines, items made by hand. Equal inputs give equal stamps; usage is left out, since
-- what arrives after the draft waits for the next run (PER-8). Agreed prices, certificates and VAT
-- checks are in the stamp of the tables (inputs_stamp). Grain: one row per payer.
-- Binds: payers bigint[], since, until, long_since, on_date date. Reads only.
WITH RECURSIVE member AS (
    SELECT p.account_id AS payer_id, p.account_id, p.parent_id, p.valid, p.splits_periods
    FROM customers_accountposition p
    WHERE p.account_id = ANY (%(payers)s::bigint[]) AND p.role = 'PAYER'
      AND p.valid && daterange(%(since)s, %(until)s)
    UNION ALL
    SELECT r.payer_id, r.account_id, NULL, r.valid, false
    FROM customers_chargeredirection r
    WHERE r.payer_id = ANY (%(payers)s::bigint[]) AND r.valid && daterange(%(since)s, %(until)s)
    UNION ALL
    SELECT m.payer_id, p.account_id, p.parent_id, p.valid * m.valid, p.splits_periods
    FROM member m
    JOIN customers_accountposition p
      ON p.parent_id = m.account_id AND p.role = 'NON_PAYER' AND p.valid && m.valid
), parts AS (
    SELECT m.payer_id, hash_record_extended(ROW(
               a.id, m.valid, m.parent_id, m.splits_periods, a.entity_id, a.name, a.currency, a.time_zone,
               a.cycle_day, a.cycle_months, a.terms_kind, a.terms_days, a.pricebook_id,
               a.po_number, a.language, a.cost_centre, c.legal_name, c.kind, c.segment, c.vat_id
           ), 0) AS part
    FROM member m
    JOIN customers_account a ON a.id = m.account_id
    JOIN customers_customer c ON c.id = a.customer_id
    UNION ALL
    SELECT m.payer_id, hash_record_extended(ROW(
               u.id, u.role, d.line1, d.line2, d.town, d.postcode, d.region, d.country,
               d.jurisdiction_id), 0)
    FROM member m
    JOIN customers_accountaddress u ON u.account_id = m.account_id AND u.valid @> %(on_date)s
    JOIN customers_address d ON d.id = u.address_id
    UNION ALL
    SELECT m.payer_id, hash_record_extended(ROW(
               g.id, sc.charge_id, sc.anchor, sc.moments, g.valid, g.quantity, g.override_price, g.state,
               g.price_day), 0)
    FROM member m
    JOIN customers_subscriptioncharge sc ON sc.account_id = m.account_id
    JOIN customers_chargesegment g ON g.subscription_charge_id = sc.id
    WHERE g.subscription_charge_id = ANY (ARRAY(  -- opens the B-tree, not the slower GiST
              SELECT c.id FROM customers_subscriptioncharge c JOIN member k USING (account_id)))
      AND coalesce(upper(g.valid), 'infinity') > %(long_since)s
    UNION ALL
    SELECT i.payer_id, hash_record_extended(ROW(i.id, i.amount, i.state, i.currency), 0)
    FROM invoicing_chargeitem i
    WHERE i.payer_id = ANY (%(payers)s::bigint[]) AND i.subscription_charge_id = 0
      AND (i.line_id IS NULL OR i.run_id = %(run_id)s)
)
SELECT payer_id, bit_xor(part) FROM parts GROUP BY payer_id
