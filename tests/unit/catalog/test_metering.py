"""How events become one quantity: worked examples, clock changes, and what holds for every set."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import choices
from catalog.rules.metered import Reading, metered
from catalog.rules.metering import Metric, Sample, Span, aggregate, percentile_95
from foundation.periods import Period

D = Decimal
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 6, 1, tzinfo=UTC)
WHOLE = Span(START, START + timedelta(days=30))


def at(hours: float, value: object, unique: str = "", order: int = 0) -> Sample:
    return Sample(START + timedelta(hours=hours), D(str(value)), unique, order)


def of(rule: str, *samples: Sample, carried: D | None = None, **more: Any) -> Decimal:
    return aggregate(
        Metric(rule=rule, **more),
        samples, WHOLE, zone=ZoneInfo("UTC"), carried=carried,
    )  # fmt: skip


DAYS = 24


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("SUM", "35"),
        ("COUNT", "3"),
        ("MAX", "20"),
        ("LAST", "5"),
        ("AVERAGE", "11.66666667"),
        ("P95", "20"),
        # 10 for ten days, 20 for ten days, 5 for ten days.
        ("TIME_WEIGHTED", "11.66666667"),
        ("BUCKET_MAX", "35"),
    ],
)
def test_every_rule_on_three_events(rule: str, expected: str) -> None:
    """UNIT-3, UNIT-4, UNIT-9."""
    found = of(rule, at(0, 10), at(10 * DAYS, 20), at(20 * DAYS, 5))
    assert found == D(expected)


def test_every_rule_of_the_catalogue_answers_and_nothing_gives_zero() -> None:
    for rule in choices.AggregateRule.values:
        assert of(rule) == 0


def test_the_95th_percentile_is_the_nearest_rank() -> None:
    """UNIT-3: of 20 the 19th, of 8,640 the 8,208th; equal to percentile_disc(0.95)."""
    assert percentile_95([D(n) for n in range(1, 21)]) == 19
    assert percentile_95([D(n) for n in range(1, 8641)]) == 8208
    assert percentile_95([D(7)]) == 7
    assert percentile_95([]) == 0


def test_missing_samples_are_zero_or_ignored_by_policy() -> None:
    """A tenth of the 8,640 samples of June came: with zeros 95 % lie below."""
    few = [at(n / 12, 100) for n in range(400)]
    assert of("P95", *few) == 100
    assert of("P95", *few, missing_zero=True) == 0
    many = [at(n / 12, 100) for n in range(433)]
    assert of("P95", *many, missing_zero=True) == 100


def test_distinct_ones_are_counted_once_or_by_the_days() -> None:
    """UNIT-4, UNIT-6: two users, one on three days of thirty and one on one."""
    found = [at(0, 1, "a"), at(1, 1, "a"), at(25, 1, "a"), at(50, 1, "a"), at(3, 1, "b")]
    assert of("UNIQUE", *found) == 2
    assert of("UNIQUE_DAYS", *found) == D("0.13333333")
    assert of("UNIQUE_DAYS", *found, places=2, mode="ROUND_UP") == D("0.14")


def test_a_level_carries_over_until_it_changes() -> None:
    """UNIT-6: ten seats from before, thirty from the sixteenth day on."""
    change = at(15 * DAYS, 30)
    assert of("TIME_WEIGHTED", change, carried=D(10), carries_over=True) == 20
    assert of("TIME_WEIGHTED", change) == 15
    assert of("MAX", carried=D(10), carries_over=True) == 10
    assert of("MAX", at(1, 3), carried=D(10), carries_over=True) == 10
    assert of("MAX", at(1, 3), carried=D(10)) == 3
    assert of("LAST", carried=D(10), carries_over=True) == 10
    assert of("LAST", change, carried=D(10), carries_over=True) == 30


def test_the_greatest_of_each_hour_or_day_is_added_up() -> None:
    """UNIT-9: 5 and 7 in one hour are 7, then 2; a held level counts in every bucket."""
    found = (at(0, 5), at(0.5, 7), at(1.5, 2))
    assert of("BUCKET_MAX", *found, bucket="HOUR") == 9
    assert of("BUCKET_MAX", *found, bucket="DAY") == 7
    held = of("BUCKET_MAX", at(0, 4), bucket="DAY", carries_over=True)
    assert held == 30 * 4
    assert of("BUCKET_MAX", at(0, 4), at(12, 6), bucket="HOUR", carries_over=True) == (
        12 * 4 + 708 * 6
    )


def test_buckets_and_days_follow_the_local_clock() -> None:
    """The last Sunday of October has 25 hours in Berlin; a held level counts in each of them."""
    day = date(2027, 10, 31)
    start = datetime(2027, 10, 30, 22, tzinfo=UTC)
    whole = Span(start, start + timedelta(hours=25))
    hourly = Metric(rule="BUCKET_MAX", bucket="HOUR", carries_over=True)
    assert aggregate(hourly, [], whole, zone=BERLIN, carried=D(1)) == 25
    daily = Metric(rule="BUCKET_MAX", bucket="DAY", carries_over=True)
    assert aggregate(daily, [], whole, zone=BERLIN, carried=D(1)) == 1
    weighted = Metric(rule="TIME_WEIGHTED")
    noon = Sample(start + timedelta(hours=12, minutes=30), D(2))
    assert aggregate(weighted, [noon], whole, zone=BERLIN) == 1
    assert day.isoweekday() == 7


@pytest.mark.parametrize(
    ("places", "mode", "expected"),
    [(0, "ROUND_UP", "2"), (0, "ROUND_DOWN", "1"), (1, "ROUND_HALF_UP", "1.5"), (8, "", "1.536")],
)
def test_the_aggregate_is_converted_and_rounded(places: int, mode: str, expected: str) -> None:
    """UNIT-7: 1,536 MB in GB of a thousand; an event is never rounded."""
    more: dict[str, Any] = {"places": places} | ({"mode": mode} if mode else {})
    events = [at(n, "153.6") for n in range(10)]
    assert of("SUM", *events, denominator=D(1000), **more) == D(expected)


def test_counts_are_not_converted() -> None:
    assert of("COUNT", at(0, 1), at(1, 1), denominator=D(1000)) == 2


def test_a_level_counts_only_while_its_charge_runs() -> None:
    """A charge that begins on the eleventh day holds its level for twenty of thirty."""
    on = [Span(START + timedelta(days=10), WHOLE.end)]
    metric = Metric(rule="TIME_WEIGHTED", carries_over=True)
    found = aggregate(metric, [], WHOLE, zone=ZoneInfo("UTC"), on=on, carried=D(3))
    assert found == 2


def test_groups_carry_over_period_by_period() -> None:
    """Each attribute group has a level of its own; what was before the period is only carried."""
    june, july = (
        Period(date(2027, 6, 1), date(2027, 7, 1)),
        Period(date(2027, 7, 1), date(2027, 8, 1)),
    )
    readings = [
        Reading(date(2027, 5, 9), "zone=EU", Sample(START - timedelta(days=9), D(4)), 1),
        Reading(date(2027, 6, 11), "zone=EU", at(10 * DAYS, 7), 1),
        Reading(date(2027, 7, 2), "zone=US", at(31 * DAYS, 9), 2),
    ]
    level = Metric(rule="TIME_WEIGHTED", carries_over=True)
    utc = ZoneInfo("UTC")
    found = list(metered(level, readings, june, [(june.start, june.end)], utc))
    assert [(one.usage_key, one.quantity, one.events) for one in found] == [("zone=EU", D(6), 1)]
    found = list(metered(level, readings, july, [(july.start, july.end)], utc))
    assert [(one.usage_key, one.events) for one in found] == [("zone=EU", 0), ("zone=US", 1)]
    assert found[0].quantity == 7
    assert list(metered(level, readings, july, [], utc)) == []


values = st.lists(
    st.tuples(
        st.integers(0, 30 * 24 * 60 - 1),
        st.decimals(min_value=0, max_value=1000, places=3),
        st.sampled_from("abc"),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from(choices.AggregateRule.values), st.booleans(), st.randoms())
def test_the_order_of_arrival_does_not_matter(
    events: list[tuple[int, Decimal, str]], rule: str, carries: bool, dice: random.Random
) -> None:
    """RATE-1: permuting events changes nothing."""
    found = [at(m / 60, v, u, n) for n, (m, v, u) in enumerate(events)]
    shuffled = list(found)
    dice.shuffle(shuffled)
    more: dict[str, Any] = {"carries_over": carries}
    assert of(rule, *found, **more) == of(rule, *shuffled, **more)


@settings(max_examples=60, deadline=None)
@given(values)
def test_what_bounds_what(events: list[tuple[int, Decimal, str]]) -> None:
    """The percentile and every mean lie within the values; buckets of a day within the sum."""
    found = [at(m / 60, v, u, n) for n, (m, v, u) in enumerate(events)]
    if not found:
        return
    low, high = min(one.value for one in found), max(one.value for one in found)
    assert low <= of("P95", *found) <= of("MAX", *found) == high
    assert low - D("1e-8") <= of("AVERAGE", *found) <= high + D("1e-8")
    assert of("TIME_WEIGHTED", *found) <= high + D("1e-8")
    daily, hourly = (of("BUCKET_MAX", *found, bucket=name) for name in ("DAY", "HOUR"))
    assert high <= daily <= hourly <= of("SUM", *found)
