"""Dispute marks: dated, written once, the only thing that says what is disputed (AR-3)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from receivables import operations, queries
from tests.apps.receivables.test_guards import attack

pytestmark = pytest.mark.django_db
D = Decimal
MARCH = date(2027, 3, 1)


def test_a_past_day_shows_what_was_disputed_then(debit) -> None:
    item = debit("100.00")
    mark = partial(operations.set_disputed, item_id=item.pk, reason="x", actor=None)
    mark(amount=D("25.00"), on_date=date(2027, 4, 10))
    mark(amount=D(0), on_date=date(2027, 5, 2))
    shown = [
        queries.ageing(as_of=day).rows[0].disputed
        for day in (date(2027, 4, 9), date(2027, 4, 10), date(2027, 5, 1), date(2027, 5, 2))
    ]
    assert shown == [D(0), D(25), D(25), D(0)]


def test_a_dispute_is_not_told_for_a_day_before_the_last_mark(debit) -> None:
    item = debit("100.00")
    mark = partial(operations.set_disputed, item_id=item.pk, reason="meter", actor=None)
    mark(amount=D("40.00"), on_date=MARCH)
    with pytest.raises(operations.CannotDispute, match="before 2027-03-01"):
        mark(amount=D("30.00"), on_date=MARCH - timedelta(days=1))
    item.refresh_from_db()
    assert item.disputed == D("40.00")


@pytest.fixture
def settled(debit, credit):
    """A debit of 50.00 and a credit of the same payer."""
    return debit("50.00"), credit("80.00")


MARK = (
    "INSERT INTO receivables_disputemark (item_id, on_date, disputed, reason)"
    " VALUES (%s, %s, %s, 'attack')"
)


@pytest.mark.parametrize(
    ("disputed", "guard"),
    [
        ("-1", "receivables_disputemark_not_negative"),
        ("NaN", "receivables_disputemark_disputed_is_number"),
        ("50.01", "receivables_openitem_disputed_within_amount"),
        ("1.001", "receivables_openitem_disputed_is_money"),
    ],
)
def test_the_disputed_part_lies_within_the_amount(settled, disputed, guard) -> None:
    assert attack(MARK, settled[0].pk, MARCH, disputed) == guard


def test_only_marks_say_what_is_disputed(settled) -> None:
    guard = attack("UPDATE receivables_openitem SET disputed = 1 WHERE id = %s", settled[0].pk)
    assert guard == "receivables_openitem_disputed_by_marks"


def test_a_mark_fits_its_item(settled) -> None:
    item, payment = settled
    with connection.cursor() as cursor:
        cursor.execute(MARK, [item.pk, MARCH, "10"])
    fits = "receivables_disputemark_fits_its_item"
    assert attack(MARK, payment.pk, MARCH, "1") == fits
    assert attack(MARK, item.pk, item.doc_date - timedelta(days=1), "1") == fits
    assert attack(MARK, item.pk, MARCH - timedelta(days=1), "1") == fits


@pytest.mark.parametrize(
    ("act", "guard"),
    [
        ("UPDATE receivables_disputemark SET disputed = 2", "is_append_only"),
        ("DELETE FROM receivables_disputemark", "is_append_only"),
        ("TRUNCATE receivables_disputemark", "is_append_only"),
    ],
)
def test_marks_are_written_once(settled, act, guard) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MARK, [settled[0].pk, MARCH, "10"])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert attack(act) == f"receivables_disputemark_{guard}"
