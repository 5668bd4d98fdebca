-- One text that differs after any change of sellers, agreed prices, exemption certificates, redirections, discounts given
-- to accounts, commitments or checks of VAT numbers. Grain: one row. Reads only. A rollback can bring an old count back, so the newest change
-- counts too.
SELECT concat_ws('|',
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM ledger_legalentity),
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM customers_contractprice),
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM customers_exemptioncertificate),
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM customers_chargeredirection),
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM customers_granteddiscount
     WHERE subscription_id IS NULL AND value IS NULL),
    (SELECT concat(count(*), '/', sum(version), '/', max(xmin::text::bigint)) FROM customers_contractcommitment),
    (SELECT concat(count(*), '/', max(id)) FROM customers_vatidcheck))
