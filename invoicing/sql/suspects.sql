-- Drafted payers of a run whose inputs may have changed since its drafts were begun: those whom the
-- row history names since then (accounts, who pays for them, customers, addresses, timelines) and
-- those with items made by hand. Discounts of a subscription or of one bill name their account. Agreed prices,
-- certificates, redirections, VAT checks and discounts of accounts are in the stamp of the tables
-- (inputs_stamp); usage that arrives later waits for the next run (PER-8).
-- A run that comes out of another server's backup counts other transactions: all its payers are named.
-- Grain: one row per payer. Binds: run_id, seen pg_snapshot (NULL: nothing). Reads only.
WITH RECURSIVE change AS MATERIALIZED (
    SELECT table_name, row_id::bigint AS id, before, after
    FROM audit_change
    WHERE xact >= pg_snapshot_xmin(%(seen)s::pg_snapshot)::text::bigint
      AND (NOT pg_visible_in_snapshot(xact::text::xid8, %(seen)s::pg_snapshot)
           OR xact = pg_current_xact_id_if_assigned()::text::bigint)  -- whose own snapshot leaves it out
      AND table_name IN ('customers_customer', 'customers_account', 'customers_accountposition',
                         'customers_accountaddress', 'customers_address',
                         'customers_subscription', 'customers_subscriptioncharge',
                         'customers_chargesegment', 'customers_granteddiscount')
), named AS (  -- what the changed row says, or said before
    SELECT key, value::bigint AS id
    FROM change
    CROSS JOIN LATERAL (SELECT * FROM jsonb_each_text(before)
                        UNION ALL SELECT * FROM jsonb_each_text(after)) AS said
    WHERE key IN ('account_id', 'parent_id', 'subscription_charge_id') AND value IS NOT NULL
), charge AS (
    SELECT id FROM named WHERE key = 'subscription_charge_id'
    UNION ALL SELECT id FROM change WHERE table_name = 'customers_subscriptioncharge'
    UNION ALL SELECT g.subscription_charge_id FROM change c JOIN customers_chargesegment g USING (id)
              WHERE table_name = 'customers_chargesegment'
), touched AS (
    SELECT id FROM named WHERE key IN ('account_id', 'parent_id')
    UNION ALL SELECT id FROM change WHERE table_name = 'customers_account'
    UNION ALL SELECT a.id FROM change c JOIN customers_account a ON a.customer_id = c.id
              WHERE table_name = 'customers_customer'
    UNION ALL SELECT p.account_id FROM change c JOIN customers_accountposition p USING (id)
              WHERE table_name = 'customers_accountposition'
    UNION ALL SELECT u.account_id FROM change c JOIN customers_accountaddress u USING (id)
              WHERE table_name = 'customers_accountaddress'
    UNION ALL SELECT u.account_id FROM change c JOIN customers_accountaddress u ON u.address_id = c.id
              WHERE table_name = 'customers_address'
    UNION ALL SELECT s.account_id FROM change c JOIN customers_subscription s USING (id)
              WHERE table_name = 'customers_subscription'
    UNION ALL SELECT s.account_id FROM change c JOIN customers_subscription s ON s.service_address_id = c.id
              WHERE table_name = 'customers_address'
    UNION ALL SELECT s.account_id FROM charge c JOIN customers_subscriptioncharge s USING (id)
), node AS (  -- and all that have ever stood above them
    SELECT id FROM touched
    UNION
    SELECT p.parent_id FROM node n JOIN customers_accountposition p ON p.account_id = n.id
    WHERE p.parent_id IS NOT NULL
), payer AS (
    SELECT id FROM node
    UNION ALL SELECT r.payer_id FROM node n JOIN customers_chargeredirection r ON r.account_id = n.id
    UNION ALL SELECT i.payer_id FROM invoicing_chargeitem i
              WHERE i.subscription_charge_id = 0 AND (i.line_id IS NULL OR i.run_id = %(run_id)s)
)
SELECT b.payer_id
FROM invoicing_billrunaccount b
WHERE b.run_id = %(run_id)s AND b.is_open AND b.state = 'DRAFTED'
  AND (b.payer_id IN (SELECT id FROM payer)
       OR coalesce(pg_snapshot_xmax(%(seen)s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()), true))
