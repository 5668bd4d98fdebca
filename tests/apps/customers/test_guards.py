"""The guards of the customers room, attacked by raw SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from customers import operations
from customers.models import (
    Account,
    ContractPrice,
    ExemptionCertificate,
    Subscription,
)
from customers.models.account import take_tree_lock
from customers.rules import states
from foundation import sql
from foundation.errors import GuardHeld, translate_database_error
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)


def refused(statement: str, *, locked: bool = False) -> str:
    """Return the name of the guard that refuses the statement, at the latest at commit."""
    run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        attack(statement, locked=locked)
    refusal = translate_database_error(caught.value)
    assert isinstance(refusal, GuardHeld), refusal
    return refusal.guard


def attack(statement: str, *, locked: bool) -> None:
    if locked:
        take_tree_lock()
    run(statement)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def root() -> Account:
    return build.account("Root")


@pytest.fixture
def child(root: Account) -> Account:
    return build.account("Child", parent=root)


@pytest.fixture
def sub(root: Account) -> Subscription:
    version = build.offer(charges=({}, build.usage_charge()))
    return build.add(
        root, version, JAN, identifiers=[build.number("491")], prices={"C1": Decimal(5)}
    )


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("DELETE FROM customers_account", "customers_account_never_deleted"),
        ("UPDATE customers_account SET currency = 'USD'", "customers_account_keeps_identity"),
        ("UPDATE customers_account SET number = 'X'", "customers_account_keeps_identity"),
        ("UPDATE customers_account SET role = 'NON_PAYER'", "customers_account_root_pays"),
        ("UPDATE customers_account SET role = 'BOSS'", "customers_account_role_known"),
        ("UPDATE customers_account SET status = 'GONE'", "customers_account_status_known"),
        ("UPDATE customers_account SET parent_id = id", "customers_account_not_its_own_parent"),
        ("UPDATE customers_account SET cycle_day = 32", "customers_account_cycle_day_of_month"),
        ("UPDATE customers_account SET terms_kind = 'X'", "customers_account_terms_known"),
        ("UPDATE customers_account SET status = 'CLOSED'", "customers_account_closed_has_date"),
        (
            "UPDATE customers_account SET closed_on = '2020-01-01'",
            "customers_account_closed_after_opening",
        ),
        (
            "UPDATE customers_account SET billing_hold_until = '2027-05-01'",
            "customers_account_held_with_reason",
        ),
        (
            "UPDATE customers_account SET credit_limit = 1.001",
            "customers_account_credit_limit_is_money",
        ),
        (
            "UPDATE customers_account SET closed_on = '2027-05-01'",
            "customers_accountposition_covers_life",
        ),
        ("UPDATE customers_customer SET kind = 'X'", "customers_customer_kind_known"),
        ("UPDATE customers_customer SET status = 'X'", "customers_customer_status_known"),
        ("UPDATE customers_customer SET legal_name = ''", "customers_customer_named"),
        ("UPDATE customers_address SET country = 'de'", "customers_address_structured"),
        ("UPDATE customers_address SET town = ''", "customers_address_structured"),
        (
            "UPDATE customers_accountaddress SET role = 'X'",
            "customers_accountaddress_role_known",
        ),
        (
            "UPDATE customers_accountaddress SET valid = 'empty'",
            "customers_accountaddress_has_days",
        ),
        (
            (
                "INSERT INTO customers_accountaddress (account_id, address_id, role, valid, "
                "updated_at) SELECT account_id, address_id, role, '[2027-05-01,)', now() "
                "FROM customers_accountaddress"
            ),
            "customers_accountaddress_one_per_role",
        ),
        (
            (
                "INSERT INTO customers_contact (customer_id, role, name, email, phone, language, "
                "is_active, updated_at) SELECT id, 'BILLING', 'X', '', '', '', true, now() "
                "FROM customers_customer"
            ),
            "customers_contact_reachable",
        ),
        (
            (
                "INSERT INTO customers_contact (customer_id, role, name, email, phone, language, "
                "is_active, updated_at) SELECT id, 'X', 'X', 'a@b.c', '', '', true, now() "
                "FROM customers_customer"
            ),
            "customers_contact_role_known",
        ),
    ],
)
def test_accounts_keep_what_they_are(root: Account, change: str, guard: str) -> None:
    assert refused(change, locked=True) == guard


def test_external_ids_are_of_one_customer(root: Account) -> None:
    build.customer("One", external_id="x")
    other = build.customer("Two")
    change = f"UPDATE customers_customer SET external_id = 'x' WHERE id = {other.pk}"
    assert refused(change) == "customers_customer_external_id_once"


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        (
            (
                "INSERT INTO customers_accountposition (account_id, valid, "
                "role, reason, updated_at) "
                "VALUES ({child}, '[2027-05-01,)', 'PAYER', '', now())"
            ),
            "customers_accountposition_one_at_a_time",
        ),
        (
            "DELETE FROM customers_accountposition WHERE account_id = {child}",
            "customers_accountposition_covers_life",
        ),
        (
            (
                "UPDATE customers_accountposition SET valid = '[2027-02-01,)' "
                "WHERE account_id = {child}"
            ),
            "customers_accountposition_covers_life",
        ),
        (
            (
                "UPDATE customers_accountposition SET parent_id = {child}, role = 'NON_PAYER' "
                "WHERE account_id = {root}"
            ),
            "customers_accountposition_no_circle",
        ),
        (
            "UPDATE customers_accountposition SET parent_id = NULL WHERE account_id = {child}",
            "customers_accountposition_root_pays",
        ),
        (
            "UPDATE customers_accountposition SET role = 'X' WHERE account_id = {child}",
            "customers_accountposition_role_known",
        ),
        (
            "UPDATE customers_accountposition SET valid = 'empty' WHERE account_id = {child}",
            "customers_accountposition_has_days",
        ),
        (
            "UPDATE customers_accountposition SET parent_id = {young} WHERE account_id = {child}",
            "customers_accountposition_parent_open",
        ),
        (
            "UPDATE customers_accountposition SET parent_id = {dollar} WHERE account_id = {child}",
            "customers_accountposition_same_money",
        ),
        (
            (
                "UPDATE customers_account SET closed_on = '2027-06-01' WHERE id = {root}; "
                "UPDATE customers_accountposition SET valid = '[2027-01-01,2027-06-01)' "
                "WHERE account_id = {root}"
            ),
            "customers_account_no_orphans",
        ),
    ],
)
def test_positions_form_a_tree_on_every_day(
    root: Account, child: Account, change: str, guard: str
) -> None:
    names = {
        "root": root.pk,
        "child": child.pk,
        "young": build.account("Young", opened_on=FEB).pk,
        "dollar": build.account("Dollar", currency="USD").pk,
    }
    assert refused(change.format(**names), locked=True) == guard


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
        (
            "UPDATE customers_orderitem SET action = 'SUSPEND'",
            "customers_orderitem_pause_has_policy",
        ),
        (
            (
                "INSERT INTO customers_orderitem (order_id, seq, action, effective_on, "
                "awaits_activation, awaits_acceptance, price_policy, with_one_time, attributes, "
                "reason, price_snapshot, trial_outcome, renewal, pause_policy, pause_reason, "
                "waives_fee) SELECT order_id, seq, action, effective_on, false, false, "
                "'FLOATING', true, '{}', '', '[]', 'CONVERT', 'AUTO', '', '', false "
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


@pytest.fixture
def agreement(root: Account) -> ContractPrice:
    charge = build.offer().charges.get()
    contract = operations.draft_contract(
        account=root, valid_from=JAN, valid_to=date(2028, 1, 1), actor=None
    )
    price = operations.set_contract_price(
        contract=contract, currency="EUR", charge=charge, unit_price=Decimal(8), actor=None
    )
    operations.sign_contract(contract=contract, signed_on=JAN, actor=None)
    return price


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE customers_contractprice SET unit_price = 1", "customers_contractprice_kept"),
        ("DELETE FROM customers_contractprice", "customers_contractprice_kept"),
        (
            "UPDATE customers_contractprice SET valid = '[2027-01-01,2029-01-01)'",
            "customers_contractprice_inside_contract",
        ),
        ("UPDATE customers_contract SET state = 'DRAFT'", "customers_contract_state_moves"),
        ("UPDATE customers_contract SET valid = 'empty'", "customers_contract_has_days"),
        (
            "UPDATE customers_contract SET signed_on = NULL",
            "customers_contract_signed_has_date",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, currency, kind, 1, valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_one_in_force",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, account_id, currency, kind, "
                "unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, 'USD', "
                "kind, 1, valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_charge_or_product",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, valid, in_force, updated_at) SELECT contract_id, account_id, charge_id, "
                "'USD', 'FIXED', valid, false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_kind_has_value",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, 'USD', 'FIXED', 'NaN', valid, false, now() FROM "
                "customers_contractprice"
            ),
            "customers_contractprice_unit_price_is_number",
        ),
        (
            (
                "INSERT INTO customers_contractprice (contract_id, "
                "account_id, charge_id, currency, "
                "kind, unit_price, valid, in_force, updated_at) SELECT contract_id, account_id, "
                "charge_id, 'USD', 'FIXED', 1, 'empty', false, now() FROM customers_contractprice"
            ),
            "customers_contractprice_has_days",
        ),
    ],
)
def test_what_was_agreed_stays_agreed(agreement: ContractPrice, change: str, guard: str) -> None:
    assert refused(change) == guard


@pytest.fixture
def certificate(root: Account) -> ExemptionCertificate:
    clerk, boss = build.user("clerk"), build.user("boss")
    row = operations.draft_certificate(
        account=root, number="X1", jurisdiction=build.place(), valid_from=JAN, actor=clerk
    )
    operations.request_certificate(certificate=row, requester=clerk)
    return operations.approve_certificate(certificate=row, approver=boss)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("SET percent = 0.5", "customers_exemptioncertificate_kept"),
        ("SET state = 'DRAFT'", "customers_exemptioncertificate_state_moves"),
        ("SET approved_by_id = requested_by_id", "customers_exemptioncertificate_second_person"),
        ("SET approved_by_id = NULL", "customers_exemptioncertificate_approved_by_someone"),
    ],
)
def test_an_exemption_needs_a_second_person(
    certificate: ExemptionCertificate, change: str, guard: str
) -> None:
    assert certificate.state == "APPROVED"
    assert refused(f"UPDATE customers_exemptioncertificate {change}") == guard


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("percent = 2", "customers_exemptioncertificate_percent_is_share"),
        ("percent = 'NaN'", "customers_exemptioncertificate_percent_is_number"),
        ("valid = 'empty'", "customers_exemptioncertificate_has_days"),
    ],
)
def test_a_drafted_certificate_is_sound(root: Account, change: str, guard: str) -> None:
    operations.draft_certificate(
        account=root, number="X1", jurisdiction=build.place(), valid_from=JAN, actor=None
    )
    assert refused(f"UPDATE customers_exemptioncertificate SET {change}") == guard


def test_a_vat_check_is_kept(root: Account) -> None:
    owner = build.customer("GmbH", kind="ORG", vat_id="DE123")
    operations.record_vat_id_check(
        customer=owner, checked_on=JAN, is_valid=True, source="VIES", actor=None
    )
    guard = "customers_vatidcheck_is_append_only"
    assert refused("UPDATE customers_vatidcheck SET is_valid = false") == guard
    assert refused("DELETE FROM customers_vatidcheck") == guard


@pytest.mark.parametrize(
    ("table", "transitions"),
    [
        ("customers_order", states.ORDER),
        ("customers_subscription", states.SUBSCRIPTION),
        ("customers_contract", states.CONTRACT),
        ("customers_exemptioncertificate", states.CERTIFICATE),
    ],
)
def test_the_database_knows_the_same_arrows(
    table: str, transitions: states.Transitions, db: Callable[[], None]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
            [f"{table}_state_moves"],
        )
        definition = cursor.fetchone()[0]
    held = {word for word in definition.split("'") if ">" in word and " " not in word}
    assert held == {f"{old}>{new}" for old, news in transitions.items() for new in news}


def test_every_query_file_is_a_statement() -> None:
    for name in ("payers", "members", "segments", "contract_prices", "exemptions"):
        assert sql.statement("customers", name).startswith("-- ")
