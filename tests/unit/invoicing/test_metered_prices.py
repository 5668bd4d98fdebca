"""Quantities that are no sums when the price changes inside the period (TIER-3, UNIT-9, PRC-1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.metered import Reading, metered, metered_parts
from catalog.rules.metering import Metric, Sample
from catalog.rules.pricing import PriceTerms
from foundation.periods import Period
from invoicing.rules.charging import ChargePlan, Life
from invoicing.rules.prices import Prices, Who
from tests.unit.invoicing.test_charging import ARREARS, JUNE_1, brief, on, run

D = Decimal
MAY = Period(date(2027, 5, 1), JUNE_1)
CHANGE = date(2027, 5, 16)
UTC_ZONE = ZoneInfo("UTC")
WHO = Who("EUR", None, "", UTC_ZONE)


def reading(moment: str, value: object, number: int = 0, unique: str = "") -> Reading:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return Reading(at.date(), "*", Sample(at, D(str(value)), unique, number), 1)


def over(change: date, **both: tuple[object, object]) -> Prices:
    """Prices of version 1 before the day, of version 2 from it."""
    old, new = (
        PriceTerms(number, **{name: values[number - 1] for name, values in both.items()})  # type: ignore[arg-type]
        for number in (1, 2)
    )
    return Prices(lambda *key: new if key[-1] >= change else old, {2: 200})


def level(*readings: Reading) -> Life:
    return Life(7, 70, date(2027, 1, 1), [on(date(2027, 1, 1))], readings=list(readings))


def test_a_level_costs_the_old_price_until_the_day_of_the_new_one() -> None:
    """31 seats all of May: 15 days at 31.00 are 465.00, 16 days at 62.00 are 992.00."""
    plan = ChargePlan(2, "USAGE", ARREARS, metric=Metric(rule="TIME_WEIGHTED", carries_over=True))
    prices = over(
        CHANGE, model=("PER_UNIT",) * 2, currency=("EUR",) * 2, unit_price=(D(31), D(62))
    )
    found = run(level(reading("2027-04-02T00:00:00", 31)), plan, prices=prices, who=WHO)
    may = [(c.start.day, c.quantity, c.amount) for p, c in found.items if p == MAY]
    assert may == [(1, D(15), D(465)), (16, D(16), D(992))]


def test_transactions_cost_the_price_of_their_day_and_the_free_ones_are_counted_on() -> None:
    """Three free: two before the change, one after; then 1 % before, 2 % after."""
    plan = ChargePlan(2, "USAGE", ARREARS, metric=Metric(rule="TRANSACTIONS"))
    prices = over(
        CHANGE, model=("PERCENT",) * 2, currency=("EUR",) * 2, percent=(D("0.01"), D("0.02")),
        free_events=(3, 3),
    )  # fmt: skip
    rows = [reading(f"2027-05-{day:02}T10:00:00", 100, day) for day in (3, 4, 20, 21)]
    found = run(level(*reversed(rows)), plan, prices=prices, who=WHO)
    assert brief(found) == [(5, 1, D("0.00")), (5, 16, D("2.00"))]
    rows.insert(0, reading("2027-05-02T10:00:00", 50, 1))
    rows.insert(0, reading("2027-05-01T10:00:00", 70, 0))
    found = run(level(*rows), plan, prices=prices, who=WHO)
    assert brief(found) == [(5, 1, D("1.00")), (5, 16, D("4.00"))]


def test_a_highest_level_has_the_price_of_the_first_day() -> None:
    """PRC-1: a highest level has no days of its own."""
    plan = ChargePlan(2, "USAGE", ARREARS, metric=Metric(rule="MAX"))
    prices = over(
        CHANGE, model=("HIGH_WATER",) * 2, currency=("EUR",) * 2, unit_price=(D(2), D(9))
    )
    found = run(level(reading("2027-05-20T00:00:00", 55)), plan, prices=prices, who=WHO)
    assert brief(found) == [(5, 1, D("110.00"))]


@pytest.mark.parametrize("carries", [False, True])
@pytest.mark.parametrize("rule", ["TIME_WEIGHTED", "UNIQUE_DAYS", "BUCKET_MAX", "TRANSACTIONS"])
@given(
    rows=st.lists(st.tuples(st.integers(0, 31 * 24 - 1), st.integers(0, 9)), max_size=8),
    days=st.sets(st.integers(2, 31), max_size=3),
    places=st.integers(0, 3),
)
def test_the_parts_add_up_to_the_whole(
    rule: str, carries: bool, rows: list[tuple[int, int]], days: set[int], places: int
) -> None:
    """UNIT-7: whatever the days, and whatever the rounding of the quantity."""
    start = datetime(2027, 5, 1, tzinfo=UTC)
    readings = []
    for number, (hour, value) in enumerate(rows):
        at = start + timedelta(hours=hour)
        readings.append(Reading(at.date(), "*", Sample(at, D(value), str(value), number), 1))
    metric = Metric(rule=rule, carries_over=carries, places=places)
    spans = [(date(2027, 5, 3), date(2027, 5, 9)), (date(2027, 5, 12), JUNE_1)]
    cuts = [date(2027, 5, day) for day in sorted(days)]
    whole = list(metered(metric, readings, MAY, spans, UTC_ZONE))
    parts = metered_parts(metric, readings, MAY, spans, UTC_ZONE, cuts)
    assert sum((one.quantity for one in parts), D(0)) == sum((one.quantity for one in whole), D(0))
    assert sum(one.events for one in parts) == sum(one.events for one in whole)
    values = [value for one in parts for value in one.values]
    assert values == [value for one in whole for value in one.values]
