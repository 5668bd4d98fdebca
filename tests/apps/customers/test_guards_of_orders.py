"""The guards of orders, subscriptions and services, attacked by raw SQL."""

from __future__ import annotations

from decimal import Decimal

import pytest

from customers import operations
from customers.models import (
    Account,
    Subscription,
)
from tests.apps.customers import build
from tests.apps.customers.attacks import JAN, refused
from tests.attacks import copied, refused_by

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("DELETE FROM customers_subscription", "customers_subscription_never_deleted"),
        ("DELETE FROM customers_order", "customers_order_never_deleted"),
        (
            "UPDATE customers_subscription SET state = 'PENDING'",
            "customers_subscription_state_moves",
        ),
        (
            (
                "INSERT INTO customers_subscription (number, account_id, "
                "state, term_type, renewal, "
                "effective_on, end_reason, price_policy, po_number, updated_at) SELECT 'X', "
                "account_id, 'ACTIVE', 'EVERGREEN', 'AUTO', '2027-01-01', "
                "'', 'FLOATING', '', now() "
                "FROM customers_subscription"
            ),
            "customers_subscription_state_moves",
        ),
        (
            "UPDATE customers_subscription SET state = 'TERMINATED'",
            "customers_subscription_end_has_date",
        ),
        (
            "UPDATE customers_subscription SET end_on = '2027-03-01'",
            "customers_subscription_covers_timeline",
        ),
        (
            (
                "UPDATE customers_subscription SET effective_on = '2027-01-02', "
                "activation_on = '2027-01-02', acceptance_on = '2027-01-02'"
            ),
            "customers_subscription_covers_timeline",
        ),
        (
            "UPDATE customers_subscription SET activation_on = '2026-12-01'",
            "customers_subscription_dates_in_order",
        ),
        (
            "UPDATE customers_subscription SET term_type = 'TERMED'",
            "customers_subscription_term_when_termed",
        ),
        (
            "UPDATE customers_subscription SET account_id = {other}",
            "customers_subscription_keeps_owner",
        ),
        (
            "UPDATE customers_subscriptioncharge SET account_id = {other}",
            "customers_subscriptioncharge_true_owner",
        ),
        (
            (
                "INSERT INTO customers_subscriptioncharge (item_id, subscription_id, account_id, "
                "charge_id) SELECT item_id, subscription_id, account_id, charge_id "
                "FROM customers_subscriptioncharge"
            ),
            "customers_subscriptioncharge_once_per_item",
        ),
        (
            "UPDATE customers_chargesegment SET valid = '[2026-12-01,)'",
            "customers_chargesegment_inside_life",
        ),
        (
            (
                "INSERT INTO customers_chargesegment "
                "(subscription_charge_id, valid, quantity, state, "
                "reason) SELECT subscription_charge_id, '[2027-05-01,)', 1, 'ON', '' "
                "FROM customers_chargesegment"
            ),
            "customers_chargesegment_one_at_a_time",
        ),
        (
            "UPDATE customers_chargesegment SET quantity = -1",
            "customers_chargesegment_quantity_not_negative",
        ),
        (
            "UPDATE customers_chargesegment SET quantity = 'NaN'",
            "customers_chargesegment_quantity_is_number",
        ),
        (
            "UPDATE customers_chargesegment SET override_price = -1",
            "customers_chargesegment_price_not_negative",
        ),
        (
            "UPDATE customers_chargesegment SET override_price = 'NaN'",
            "customers_chargesegment_override_price_is_number",
        ),
        (
            "UPDATE customers_chargesegment SET state = 'X'",
            "customers_chargesegment_state_known",
        ),
        (
            (
                "INSERT INTO customers_chargesegment "
                "(subscription_charge_id, valid, quantity, state, "
                "reason) SELECT id, 'empty', 1, 'ON', '' FROM customers_subscriptioncharge"
            ),
            "customers_chargesegment_has_days",
        ),
        (
            (
                "INSERT INTO customers_subscriptionitem (subscription_id, "
                "offer_version_id, quantity, "
                "valid, updated_at) SELECT subscription_id, offer_version_id, 1, valid, now() "
                "FROM customers_subscriptionitem"
            ),
            "customers_subscriptionitem_one_at_a_time",
        ),
        (
            "UPDATE customers_subscriptionitem SET quantity = 0",
            "customers_subscriptionitem_quantity_positive",
        ),
        (
            "UPDATE customers_subscriptionitem SET quantity = 'NaN'",
            "customers_subscriptionitem_quantity_is_number",
        ),
        (
            (
                "INSERT INTO customers_subscriptionpause (subscription_id, valid, policy, reason) "
                "SELECT id, '[2027-03-01,)', 'STOP', 'FRAUD' FROM customers_subscription, "
                "generate_series(1, 2)"
            ),
            "customers_subscriptionpause_one_at_a_time",
        ),
        (
            (
                "INSERT INTO customers_subscriptionpause (subscription_id, valid, policy, reason) "
                "SELECT id, 'empty', 'STOP', 'FRAUD' FROM customers_subscription"
            ),
            "customers_subscriptionpause_has_days",
        ),
        (
            (
                "INSERT INTO customers_subscriptionpause (subscription_id, valid, policy, reason) "
                "SELECT id, '[2027-03-01,)', 'STOP', 'X' FROM customers_subscription"
            ),
            "customers_subscriptionpause_words_known",
        ),
        (
            "UPDATE customers_subscriptionevent SET on_date = '2020-01-01'",
            "customers_subscriptionevent_is_append_only",
        ),
        (
            "DELETE FROM customers_subscriptionevent",
            "customers_subscriptionevent_is_append_only",
        ),
        (
            (
                "INSERT INTO customers_serviceidentifier (service_id, type, "
                "value, valid, updated_at) "
                "SELECT service_id, type, value, '[2027-06-01,)', now() "
                "FROM customers_serviceidentifier"
            ),
            "customers_serviceidentifier_one_owner",
        ),
        (
            "UPDATE customers_serviceidentifier SET value = ''",
            "customers_serviceidentifier_filled",
        ),
        (
            (
                "INSERT INTO customers_servicestatusperiod (service_id, state, valid) "
                "SELECT service_id, 'SUSPENDED', '[2027-06-01,)' FROM "
                "customers_servicestatusperiod"
            ),
            "customers_servicestatusperiod_one_at_a_time",
        ),
        (
            "UPDATE customers_servicestatusperiod SET state = 'X'",
            "customers_servicestatusperiod_state_known",
        ),
        (
            "UPDATE customers_serviceinstance SET state = 'X'",
            "customers_serviceinstance_state_known",
        ),
        ("UPDATE customers_orderitem SET quantity = 9", "customers_orderitem_kept"),
        ("DELETE FROM customers_orderitemprice", "customers_orderitemprice_kept"),
        (
            "UPDATE customers_orderitemidentifier SET value = 'x'",
            "customers_orderitemidentifier_kept",
        ),
        ("UPDATE customers_order SET state = 'DRAFT'", "customers_order_state_moves"),
        ("UPDATE customers_order SET channel = 'X'", "customers_order_channel_known"),
    ],
)
def test_what_was_ordered_is_what_is_billed(sub: Subscription, change: str, guard: str) -> None:
    other = build.account("Other")
    assert refused(change.format(other=other.pk), locked=True) == guard


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE customers_orderitem SET quantity = 0", "customers_orderitem_quantity_positive"),
        (
            "UPDATE customers_orderitem SET quantity = 'NaN'",
            "customers_orderitem_quantity_is_number",
        ),
        ("UPDATE customers_orderitem SET action = 'X'", "customers_orderitem_action_known"),
        ("UPDATE customers_orderitem SET uplift = 'NaN'", "customers_orderitem_uplift_is_number"),
        ("UPDATE customers_orderitem SET renewal = 'X'", "customers_orderitem_words_known"),
        ("UPDATE customers_orderitem SET advance_fate = 'X'", "customers_orderitem_words_known"),
        (
            "UPDATE customers_orderitem SET action = 'SUSPEND'",
            "customers_orderitem_pause_has_policy",
        ),
        (
            (
                "INSERT INTO customers_orderitem (order_id, seq, action, effective_on, "
                "awaits_activation, awaits_acceptance, price_policy, with_one_time, attributes, "
                "reason, price_snapshot, trial_outcome, renewal, pause_policy, pause_reason, "
                "waives_fee, credits_days) "
                "SELECT order_id, seq, action, effective_on, false, false, "
                "'FLOATING', true, '{}', '', '[]', 'CONVERT', 'AUTO', '', '', false, false "
                "FROM customers_orderitem"
            ),
            "customers_orderitem_seq_once",
        ),
        (
            "UPDATE customers_orderitemprice SET unit_price = -1",
            "customers_orderitemprice_not_negative",
        ),
        (
            "UPDATE customers_orderitemprice SET unit_price = 'NaN'",
            "customers_orderitemprice_unit_price_is_number",
        ),
        (
            (
                "INSERT INTO customers_orderitemprice (item_id, charge_id, unit_price) "
                "SELECT item_id, charge_id, 1 FROM customers_orderitemprice"
            ),
            "customers_orderitemprice_charge_once",
        ),
        (
            "UPDATE customers_orderitemidentifier SET value = ''",
            "customers_orderitemidentifier_filled",
        ),
        (
            (
                "INSERT INTO customers_orderitemidentifier (item_id, service_key, type, value) "
                "SELECT item_id, '2', type, value FROM customers_orderitemidentifier"
            ),
            "customers_orderitemidentifier_once",
        ),
    ],
)
def test_a_draft_order_is_sound(root: Account, change: str, guard: str) -> None:
    item = operations.ItemInput(
        action="ADD",
        offer_version=build.offer(),
        quantity=Decimal(1),
        prices={"C1": Decimal(5)},
        identifiers=[build.number("491")],
    )
    operations.place_order(account=root, items=[item], requested_on=JAN, actor=None)
    assert refused(change) == guard


def test_a_subscription_ends_after_its_start() -> None:
    guard = "customers_subscription_ends_after_start"
    with copied("customers_subscription", guard) as copy:
        attack = f"INSERT INTO {copy} (effective_on, end_on) VALUES ('2027-02-01', '2027-01-01')"
        assert refused_by(attack) == guard
