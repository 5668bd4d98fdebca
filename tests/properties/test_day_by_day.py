"""A run every day for 36 months, in every zone, from every awkward anchor: each day billed once.

The pure charge engine alone; what it billed is its memory, as in `test_histories.py`.
"""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from catalog.rules.pricing import PriceTerms
from foundation.periods import Rhythm, Unit, boundary
from foundation.proration import Convention
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan, Life, charge
from invoicing.rules.difference import Billed
from invoicing.rules.prices import Prices, Who
from invoicing.rules.timeline import FOREVER, Segment
from tests.properties.test_periods import ZONES

D = Decimal
MONTHS = 36
STARTS = (
    date(2026, 1, 28),
    date(2026, 1, 29),
    date(2027, 10, 30),
    date(2026, 12, 31),
    date(2028, 2, 29),
)
PRICE = PriceTerms(1, "PER_UNIT", "EUR", unit_price=D("29.90"))
PRICES = Prices(lambda *key: PRICE, {1: 1})


def billed_daily(
    start: date, zone: str, timing: Timing, segments: list[Segment], cycle_day: int
) -> list[Billed]:
    """Run the engine on every day of 36 months and return all that it billed."""
    plan = ChargePlan(1, "RECURRING", timing, convention=Convention.SECONDS)
    who = Who("EUR", None, "", ZoneInfo(zone))
    life = Life(1, 1, start, segments)
    cycle = Rhythm(date(2020, 1, 1), Unit.MONTH, 1, cycle_day)
    items: list[Billed] = []
    day, last = start, boundary(start, MONTHS, day=start.day)
    while day <= last:
        found = charge(life, plan, who, Calendar(cycle, day, 2), PRICES)
        for period, one in found.items:
            assert one.reverses is None, "nothing that was right is ever given back"
            item = Billed(
                len(items) + 1, len(items) + 1, one.start, one.end, "", one.price_key,
                one.generation, one.quantity, one.unit_price, one.factor, one.amount, one.amount,
                None, None, is_back=one.reverses is not None,
            )  # fmt: skip
            life.billed.setdefault((period.start, period.end), []).append(item)
            items.append(item)
        day += timedelta(days=1)
    return items


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_every_day_is_billed_once(start: date, zone: str) -> None:
    """PER-2 to PER-8, CHG-8: in advance by anniversary, and by the cycle day of the anchor."""
    for alignment in ("ANNIVERSARY", "CYCLE"):
        timing = Timing(True, alignment, "MONTH", 1)
        segments = [Segment(start, FOREVER, D(1), None, "ON")]
        items = billed_daily(start, zone, timing, segments, start.day)
        assert items[0].start == start
        assert all(one.end == after.start for one, after in itertools.pairwise(items))
        assert items[-1].end == boundary(start, MONTHS + 1, day=start.day)
        assert {one.amount for one in items} == {D("29.90")}


@pytest.mark.parametrize("zone", ZONES)
def test_a_change_in_every_month_divides_it_without_rest(zone: str) -> None:
    """PRO-1: quantities 1 and 3 in turn; by the second, in a zone whose clocks change or skip."""
    start = date(2026, 1, 31)
    cuts = [start, *(date(2026 + k // 12, k % 12 + 1, 17) for k in range(1, MONTHS))]
    segments = [
        Segment(one, after, D(1 + 2 * (number % 2)), None, "ON")
        for number, (one, after) in enumerate(itertools.pairwise([*cuts, FOREVER]))
    ]
    items = billed_daily(start, zone, Timing(True, "ANNIVERSARY", "MONTH", 1), segments, 1)
    assert all(one.end == after.start for one, after in itertools.pairwise(items))
    months = itertools.groupby(items, key=lambda one: _month_of(start, one.start))
    for _, pieces in itertools.islice(months, MONTHS):
        found: list[Billed] = list(pieces)
        exact = sum((one.quantity * one.factor for one in found), D(0)) * D("29.90")
        assert abs(exact - sum((one.amount for one in found), D(0))) <= D("0.005") * len(found)
        assert abs(sum((one.factor for one in found), D(0)) - 1) < D("1e-20")


def _month_of(start: date, day: date) -> int:
    return Rhythm(start, Unit.MONTH, 1, start.day).number(day)
