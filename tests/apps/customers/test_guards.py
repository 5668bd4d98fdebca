"""The guards of customers, accounts and the tree, attacked by raw SQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from customers.models import (
    Account,
)
from customers.rules import states
from foundation import sql
from tests.apps.customers import build
from tests.apps.customers.attacks import FEB, refused

pytestmark = pytest.mark.django_db


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
                "role, splits_periods, reason, updated_at) "
                "VALUES ({child}, '[2027-05-01,)', 'PAYER', false, '', now())"
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
    for name in ("payers", "members", "contract_prices", "exemptions"):
        assert sql.statement("customers", name).startswith("-- ")
