"""When a balance of money is topped up (ENT-8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rating.rules.top_ups import TopUp, held_back

D = Decimal
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
LOW = TopUp(
    threshold=D(10), amount=D(25), most_per_month=D(60), most_tries=3, left=D("10.00"),
    asked=D(0), failed=0, is_in_flight=False, rests=False, not_before=None,
)  # fmt: skip


def test_ent8_money_is_asked_for_at_the_threshold() -> None:
    assert held_back(LOW, NOW) == ""
    assert held_back(replace(LOW, left=D("10.01")), NOW) == "enough is left"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_in_flight": True}, "in flight"),
        ({"asked": D("35.01")}, "limit of money"),
        ({"failed": 3}, "limit of tries"),
        ({"rests": True}, "set the rule anew"),
        ({"not_before": NOW + timedelta(seconds=1)}, "later"),
    ],
)
def test_ent8_what_holds_a_top_up_back(change: dict[str, Any], said: str) -> None:
    assert said in held_back(replace(LOW, **change), NOW)


@pytest.mark.parametrize(
    "change", [{"asked": D(35)}, {"failed": 2}, {"not_before": NOW}, {"left": D(0)}]
)
def test_ent8_what_does_not(change: dict[str, Any]) -> None:
    assert held_back(replace(LOW, **change), NOW) == ""
