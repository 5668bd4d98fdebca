-- Purpose: give the changed events of one partition their new owner, charge, day, quantity and
-- amount. The name `a_partition` is replaced by that of the partition.
-- Repeating: harmless until the page is emptied. Binds: part.
UPDATE a_partition AS e SET
    account_id = s.account_id, service_id = s.service_id,
    subscription_charge_id = s.subscription_charge_id, on_date = s.on_date,
    attribute_key = s.attribute_key, billable_quantity = s.billable_quantity, state = s.state,
    price_version_id = s.price_version_id, amount_exact = s.amount_exact, currency = s.currency,
    covered_quantity = NULL, covered_amount = NULL
FROM rating_rerate_stage AS s
WHERE s.part = %(part)s AND s.account_id IS NOT NULL AND e.ctid = s.place;
