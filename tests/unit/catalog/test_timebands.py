"""Bands by weekday, hour and holiday, over midnight and changes of the clock (UNIT-5)."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.timebands import HOLIDAY, Band, Bands, gaps
from catalog.rules.zones import Prefix, compiled

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS, WEEKEND = frozenset(range(1, 6)), frozenset((6, 7))
EVERY = WORKDAYS | WEEKEND
PEAK = Band("PEAK", WORKDAYS, 8 * 60, 20 * 60, 1)
OFF = Band("OFF", EVERY, 0, 0)
NIGHT = Band("NIGHT", EVERY, 22 * 60, 6 * 60, 2)
FEAST = Band("FEAST", frozenset((HOLIDAY,)), 0, 0, 9)
PLAN = Bands((PEAK, OFF, NIGHT, FEAST), frozenset((date(2027, 12, 25),)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def pieces(plan: Bands, start: datetime, seconds: int) -> list[tuple[int, str]]:
    found = plan.pieces(start, start + timedelta(seconds=seconds), BERLIN)
    return [(int((when - start).total_seconds()), band) for when, band in found]


@pytest.mark.parametrize(
    ("moment", "band"),
    [
        ("2027-03-01T07:59:59", "OFF"), ("2027-03-01T08:00:00", "PEAK"),
        ("2027-03-01T20:00:00", "OFF"), ("2027-03-01T22:00:00", "NIGHT"),
        ("2027-03-02T05:59:59", "NIGHT"), ("2027-03-06T12:00:00", "OFF"),
        ("2027-12-25T23:00:00", "FEAST"), ("2027-12-26T01:00:00", "NIGHT"),
    ],
)  # fmt: skip
def test_the_greatest_weight_wins(moment: str, band: str) -> None:
    """Weekday, hour, holiday; a night that began the day before goes on."""
    assert pieces(PLAN, at(moment), 1) == [(0, band)]


def test_of_equal_weight_the_latest_start_wins() -> None:
    plan = Bands((Band("A", EVERY, 0, 0), Band("B", EVERY, 600, 1200), Band("C", EVERY, 700, 800)))
    assert [plan.at(date(2027, 3, 1), minute) for minute in (0, 650, 750, 900)] == list("ABCB")


def test_a_call_over_midnight_and_two_bands() -> None:
    found = pieces(PLAN, at("2027-03-01T21:59:30"), 9 * 3600)
    assert found == [(0, "OFF"), (30, "NIGHT"), (8 * 3600 + 30, "OFF")]


def test_the_hour_that_is_skipped_has_no_seconds() -> None:
    """PER-5: on 28 March 2027 the clock goes from 2 to 3: 1:59 and a minute later is 3:00."""
    plan = Bands((OFF, Band("TWO", EVERY, 120, 180, 1), Band("THREE", EVERY, 180, 240, 1)))
    assert pieces(plan, at("2027-03-28T01:59:00"), 120) == [(0, "OFF"), (60, "THREE")]


def test_the_hour_that_is_repeated_is_in_its_band_twice() -> None:
    """On 31 October 2027 2:00 to 3:00 comes twice; the half hour from 2:30 does too."""
    plan = Bands((OFF, Band("HALF", EVERY, 150, 180, 1)))
    assert pieces(plan, at("2027-10-31T02:00:00"), 2 * 3600 + 60) == [
        (0, "OFF"), (1800, "HALF"), (3600, "OFF"), (5400, "HALF"), (7200, "OFF"),
    ]  # fmt: skip


def test_gaps_of_the_week_are_named() -> None:
    assert gaps([PEAK, OFF, NIGHT]) == []
    assert gaps([OFF._replace(days=WORKDAYS), Band("S", frozenset((6,)), 0, 0), Band(
        "S", frozenset((7,)), 480, 0)]) == ["Sunday 00:00 to 08:00"]  # fmt: skip


starts = st.datetimes(datetime(2027, 3, 26), datetime(2027, 11, 2)).map(
    lambda one: one.replace(microsecond=0, tzinfo=UTC)
)
bands = st.lists(
    st.builds(
        Band,
        st.sampled_from("ABCD"),
        st.frozensets(st.integers(1, 8), min_size=1),
        st.integers(0, 47).map(lambda half: half * 30),
        st.integers(0, 47).map(lambda half: half * 30),
        st.integers(0, 2),
    ),
    max_size=5,
)


@given(bands, starts, st.integers(0, 40 * 3600))
def test_every_second_is_in_the_band_that_the_clock_says(
    some: list[Band], start: datetime, seconds: int
) -> None:
    """Against an oracle that asks the clock at every quarter of an hour."""
    plan = Bands(tuple(some), frozenset((date(2027, 10, 31),)))
    found = pieces(plan, start, seconds)
    assert found[0][0] == 0
    assert all(a < b for (a, _), (b, _) in itertools.pairwise(found))
    assert all(a != b for (_, a), (_, b) in itertools.pairwise(found))
    for passed in range(0, max(seconds, 1), 900):
        local = (start + timedelta(seconds=passed)).astimezone(BERLIN)
        expected = plan.at(local.date(), local.hour * 60 + local.minute)
        assert [code for begin, code in found if begin <= passed][-1] == expected


DAY = "2027-03-01"
ZONES = compiled("DEST", "called", "REST", [
    Prefix("43", "AT", date(2020, 1, 1), None),
    Prefix("43664", "AT-MOBILE", date(2020, 1, 1), date(2027, 6, 1)),
    Prefix("43664", "AT-CELL", date(2027, 6, 1), None),
    Prefix("1", "NANP", date(2027, 5, 1), None),
])  # fmt: skip


@pytest.mark.parametrize(
    ("number", "day", "zone"),
    [
        ("+43 1 234", DAY, "AT"), ("0043664123", DAY, "AT-MOBILE"), ("43664", DAY, "AT-MOBILE"),
        ("4366", DAY, "AT"), ("+43664123", "2027-06-01", "AT-CELL"), ("+1212", DAY, "REST"),
        ("+1212", "2027-05-01", "NANP"), ("", DAY, "REST"), ("+999", DAY, "REST"),
    ],
)  # fmt: skip
def test_the_longest_prefix_valid_on_the_day_wins(number: str, day: str, zone: str) -> None:
    assert ZONES.zone_of(number, day) == zone


@given(
    st.dictionaries(st.text("0123", min_size=1, max_size=5), st.sampled_from("XYZ"), max_size=12),
    st.text("0123", max_size=8),
)
def test_the_longest_prefix_against_trying_all(table: dict[str, str], number: str) -> None:
    zones = compiled(
        "T", "called", "", [Prefix(p, z, date(2020, 1, 1), None) for p, z in table.items()]
    )
    known = number.removeprefix("00")
    fitting = [prefix for prefix in table if known.startswith(prefix)]
    assert zones.zone_of(number, DAY) == (table[max(fitting, key=len)] if fitting else "")
