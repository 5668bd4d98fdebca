"""Which date and which place tax a line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tax.rules import Places, call_points, split_by_days, tax_date, taxing_place

D = Decimal

INVOICE, START, END = date(2027, 3, 1), date(2027, 2, 1), date(2027, 3, 1)


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ("INVOICE_DATE", INVOICE),
        ("PERIOD_START", START),
        ("PERIOD_END", date(2027, 2, 28)),
        ("SPLIT_BY_DAYS", START),
    ],
)
def test_the_basis_names_the_date(basis: str, expected: date) -> None:
    """TAX-1."""
    assert tax_date(basis, invoice_date=INVOICE, period_start=START, period_end=END) == expected


def test_a_line_without_period_takes_the_invoice_date() -> None:
    assert tax_date(
        "PERIOD_START", invoice_date=INVOICE, period_start=None, period_end=None
    ) == INVOICE  # fmt: skip


def test_days_on_each_side_share_the_amount() -> None:
    """TAX-1, SPLIT_BY_DAYS: 10.00 over 28 days, 10 of them before the change."""
    parts = split_by_days(D("10.00"), "USD", (START, END), [date(2027, 2, 11), END])
    assert parts == [(START, D("3.57")), (date(2027, 2, 11), D("6.43"))]


@pytest.mark.parametrize(
    ("sourcing", "place"),
    [
        ("SERVICE_ADDRESS", 1),
        ("BILL_TO", 2),
        ("SHIP_TO", 3),
        ("ORIGIN", 4),
        ("CUSTOMER_ESTABLISHMENT", 2),
        ("CONSUMER_LOCATION", 1),
    ],
)
def test_the_category_names_the_place(sourcing: str, place: int) -> None:
    """TAX-3."""
    places = Places(service=1, bill_to=2, ship_to=3, origin=4)
    assert taxing_place(sourcing, places) == place


def test_missing_addresses_fall_back_to_the_billing_address() -> None:
    assert taxing_place("SERVICE_ADDRESS", Places(bill_to=2)) == 2
    assert taxing_place("SHIP_TO", Places(bill_to=2)) == 2
    assert taxing_place("SERVICE_ADDRESS", Places()) is None


def test_two_of_three_call_points_tax_a_call() -> None:
    """TAX-3."""
    assert call_points(Places(service=1, call_origin=1, call_termination=9)) == 1
    assert call_points(Places(service=1, call_origin=9, call_termination=9)) == 9
    assert taxing_place("CALL_POINTS", Places(service=1, call_origin=8, call_termination=9)) == 1
