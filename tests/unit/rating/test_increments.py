"""UNIT-1: worked examples of billing increments."""

from decimal import Decimal

import pytest

from rating.rules.increments import billable


@pytest.mark.parametrize(
    ("seconds", "first", "following", "billed"),
    [
        ("0", "60", "60", "0"),
        ("1", "60", "60", "60"),
        ("60", "60", "60", "60"),
        ("61", "60", "60", "120"),
        ("29", "30", "6", "30"),
        ("31", "30", "6", "36"),
        ("36.5", "30", "6", "42"),
        ("-31", "30", "6", "-36"),
    ],
)
def test_increments(seconds: str, first: str, following: str, billed: str) -> None:
    assert billable(
        Decimal(seconds), first=Decimal(first), following=Decimal(following)
    ) == Decimal(billed)
