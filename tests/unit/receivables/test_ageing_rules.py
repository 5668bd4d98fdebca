"""COL-1 by worked examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from receivables.rules.ageing import Buckets, days_past_due, net_oldest_first

D = Decimal


@pytest.mark.parametrize(
    ("days", "label"),
    [
        *((-5, "Current"), (0, "Current"), (1, "1–30"), (30, "1–30"), (31, "31–60")),
        *((60, "31–60"), (61, "61–90"), (91, "91–120"), (120, "91–120"), (121, "Over 120")),
    ],
)
def test_col1_buckets(days: int, label: str) -> None:
    buckets = Buckets()
    assert buckets.labels[buckets.index(days)] == label


def test_col1_days_count_from_the_due_date() -> None:
    assert days_past_due(as_of=date(2027, 3, 1), counted_from=date(2027, 2, 28)) == 1


def test_col1_bounds_are_configurable_and_rise() -> None:
    assert Buckets((0, 15)).labels == ("Current", "1–15", "Over 15")
    assert Buckets((5, 15)).labels[0] == "Up to 5"
    for bounds in ((), (30, 0), (0, 0)):
        with pytest.raises(ValueError, match="rise"):
            Buckets(bounds)


def test_col1_credits_come_off_the_oldest() -> None:
    assert net_oldest_first((D(10), D(20), D(30)), D(40)) == (D(10), D(10), D(0))
    assert net_oldest_first((D(10), D(0), D(5)), D(20)) == (D(-5), D(0), D(0))
