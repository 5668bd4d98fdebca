"""The helpers that need a database: guards, locks, COPY, translation of refusals."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.transaction import TransactionManagementError

from foundation import copying, locks
from foundation.currencies import MINOR_UNITS
from foundation.errors import GuardHeld, translate_database_error

pytestmark = pytest.mark.django_db
FUNCTIONS = ("foundation", "0001_functions")


def test_sql_and_python_agree_on_minor_units():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, minor_units(code) FROM unnest(%s::char(3)[]) AS code", [[*MINOR_UNITS]]
        )
        assert dict(cursor.fetchall()) == MINOR_UNITS


@pytest.mark.parametrize(
    ("amount", "currency", "is_money"),
    [
        ("10.55", "EUR", True),
        ("10.55", "JPY", False),
        ("1.234", "KWD", True),
        ("1.234", "EUR", False),
        ("NaN", "EUR", False),
        (None, "EUR", True),
    ],
)
def test_is_money_keeps_the_minor_unit_and_refuses_nan(amount, currency, is_money):
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_money(%s::numeric, %s)", [amount, currency])
        assert cursor.fetchone()[0] is is_money


def test_a_trigger_refuses_in_its_own_words():
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cur:
        cur.execute("SELECT refuse('LED-2', 'ledger_period_is_open', 'May 2027 is closed')")
    refusal = translate_database_error(raised.value)
    assert isinstance(refusal, GuardHeld)
    assert (refusal.rule, refusal.guard, str(refusal)) == (
        "LED-2",
        "ledger_period_is_open",
        "May 2027 is closed",
    )


def test_what_is_no_refusal_is_raised_again():
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cur:
        cur.execute("SELECT * FROM no_such_table")
    with pytest.raises(DatabaseError):
        translate_database_error(raised.value)


def test_copy_in_and_out_keep_every_value():
    rows = [
        (1, Decimal("1.50"), datetime.date(2027, 5, 1), "tab\there\nline \\ back"),
        (2, None, None, ""),
    ]
    columns = ("id", "amount", "day", "note")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (id int, amount numeric, day date, note text)")
        assert copying.copy_in(cursor, "copied", columns, rows) == 2
        text = "3\t\\N\t2027-06-01\t" + copying.escape("a\tb") + "\n"
        assert copying.copy_text(cursor, "copied", columns, [text]) == 1
        out = list(copying.copy_out(cursor, "SELECT * FROM copied ORDER BY id"))
    assert out == [
        ["1", "1.50", "2027-05-01", "tab\there\nline \\ back"],
        ["2", None, None, ""],
        ["3", None, "2027-06-01", "a\tb"],
    ]


def test_advisory_locks_live_in_a_transaction():
    locks.advisory_lock("account", 1)
    locks.advisory_lock("account", 1)
    assert locks.try_advisory_lock("account", 1)


@pytest.mark.django_db(transaction=True)
def test_advisory_locks_refuse_to_outlive_their_statement():
    with pytest.raises(TransactionManagementError):
        locks.advisory_lock("account", 1)


def test_the_functions_come_before_the_first_migration_of_every_room():
    graph = MigrationLoader(connection).graph
    for label in settings.ROOMS:
        for first in graph.root_nodes(label):
            assert first == FUNCTIONS or FUNCTIONS in graph.forwards_plan(first), first
