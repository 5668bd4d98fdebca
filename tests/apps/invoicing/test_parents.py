"""What a run writes by COPY names parents that are there, go on being there, and stay the same.

These columns have no foreign key (decision 14): triggers over the statement hold them.
"""

from __future__ import annotations

import pytest

from invoicing.models import Invoice
from tests.apps.invoicing.test_guards import copy, draft, posted  # noqa: F401 (fixtures)
from tests.attacks import raw, refused_by, rows

pytestmark = pytest.mark.django_db

NOBODY = "987654321"
ANOTHER_KEY = {
    "invoicing_invoice": {"state": "'DISCARDED'"},
    "invoicing_billrunaccount": {"is_open": "false"},
    "receivables_openitem": {"source_id": "987654321"},
    "ledger_journalentry": {"version": "99"},
}
NAMED = [
    ("invoicing_invoice", "payer_id", "invoicing_invoice_names_its_own"),
    ("invoicing_invoice", "entity_id", "invoicing_invoice_names_its_own"),
    ("invoicing_invoice", "created_by_id", "invoicing_invoice_names_its_own"),
    ("invoicing_billrunaccount", "run_id", "invoicing_billrunaccount_names_its_own"),
    ("invoicing_billrunaccount", "payer_id", "invoicing_billrunaccount_names_its_own"),
    ("receivables_openitem", "payer_id", "receivables_openitem_names_its_own"),
    ("receivables_openitem", "entity_id", "receivables_openitem_names_its_own"),
    ("ledger_journalentry", "actor_id", "ledger_journalentry_names_its_actor"),
]


def newest(table: str) -> int:
    """Return the key of the row that was written last."""
    return int(rows(f"select max(id) from {table}")[0][0])


@pytest.mark.parametrize("session", ["origin", "replica"])
@pytest.mark.parametrize(("table", "column", "guard"), NAMED)
def test_d5_a_row_names_parents_that_are_there(
    draft: Invoice,  # noqa: F811
    table: str,
    column: str,
    guard: str,
    session: str,
) -> None:
    raw(f"SET LOCAL session_replication_role = {session}")
    changes = ANOTHER_KEY[table] | {column: NOBODY}
    assert refused_by(copy(table, newest(table), **changes)) == guard


def test_an_entry_of_no_entity_has_no_open_period(posted: Invoice) -> None:  # noqa: F811
    attack = copy(
        "ledger_journalentry", newest("ledger_journalentry"), version="99", entity_id=NOBODY
    )
    assert refused_by(attack) == "ledger_journalentry_in_open_period"


@pytest.mark.parametrize(
    ("table", "column", "guard"),
    [
        ("invoicing_invoice", "payer_id", "invoicing_invoice_keeps_its_own"),
        ("invoicing_invoice", "entity_id", "invoicing_invoice_keeps_its_own"),
        ("invoicing_invoice", "created_by_id", "invoicing_invoice_keeps_its_own"),
        ("invoicing_billrunaccount", "run_id", "invoicing_billrunaccount_keeps_its_own"),
        ("invoicing_billrunaccount", "payer_id", "invoicing_billrunaccount_keeps_its_own"),
    ],
)
def test_d5_a_row_stays_with_what_it_was_made_for(
    draft: Invoice,  # noqa: F811
    table: str,
    column: str,
    guard: str,
) -> None:
    key = draft.pk if table == "invoicing_invoice" else newest(table)
    raw(f"update {table} set {column} = {column} where id = %s", key)
    assert refused_by(f"update {table} set {column} = {NOBODY} where id = %s", key) == guard


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        ("delete from auth_user", "audit_user_is_kept"),
        ("update auth_user set id = id + 1000", "audit_user_is_kept"),
        ("truncate auth_user cascade", "auth_user_is_append_only"),
        ("delete from ledger_legalentity", "ledger_legalentity_is_kept"),
        ("update ledger_legalentity set id = id + 1000", "ledger_legalentity_is_kept"),
        ("truncate ledger_legalentity cascade", "ledger_legalentity_is_append_only"),
        ("delete from customers_account", "customers_account_never_deleted"),
        ("update customers_account set id = id + 1000", "customers_account_keeps_identity"),
        ("truncate customers_account cascade", "customers_account_is_append_only"),
        ("delete from invoicing_billrun", "invoicing_billrun_is_kept"),
        ("update invoicing_billrun set id = id + 1000", "invoicing_billrun_is_frozen"),
        ("truncate invoicing_billrun cascade", "invoicing_billrun_is_append_only"),
    ],
)
def test_d5_who_is_named_is_kept(posted: Invoice, attack: str, guard: str) -> None:  # noqa: F811
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused_by(attack) == guard
