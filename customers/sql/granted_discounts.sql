-- Discounts that were given to some accounts, or to any node above them, and still held on some day of
-- the window, with the charges of subscriptions they hold for (DSC-1, HIER-5). The chain is that of the day.
-- What waives or reduces one bill holds for one charge, or for the bill of the account itself: `value` says how much (ADJ-1).
-- `spans` are the days on which a charge was on, for a discount that lasts so many periods (DSC-5).
-- Grain: one row per discount given and charge of a subscription. Binds: %(accounts)s bigint[],
-- %(on_date)s, %(since)s date. Reads only.
WITH RECURSIVE up AS (
    SELECT a.id AS account_id, a.id AS node_id, 0 AS distance
    FROM customers_account a WHERE a.id = ANY (%(accounts)s::bigint[])
    UNION ALL
    SELECT up.account_id, p.parent_id, up.distance + 1
    FROM up JOIN customers_accountposition p
      ON p.account_id = up.node_id AND p.valid @> %(on_date)s
    WHERE p.parent_id IS NOT NULL AND up.distance < 64
)
SELECT g.id, g.discount_id, lower(g.valid), upper(g.valid), g.periods, sc.account_id, sc.id,
       sc.subscription_id, sc.charge_id,
       CASE WHEN g.periods IS NOT NULL THEN ARRAY(
           SELECT s.valid FROM customers_chargesegment s
           WHERE s.subscription_charge_id = sc.id AND s.state <> 'OFF' ORDER BY lower(s.valid)) END,
       g.value, g.account_id
FROM up
JOIN customers_granteddiscount g ON g.account_id = up.node_id AND g.state = 'GRANTED'
JOIN customers_subscriptioncharge sc ON sc.account_id = up.account_id
WHERE g.valid && daterange(%(since)s, NULL)
  AND (g.subscription_id IS NULL OR g.subscription_id = sc.subscription_id)
  AND (g.subscription_charge_id IS NULL OR g.subscription_charge_id = sc.id)
ORDER BY g.id, sc.id
