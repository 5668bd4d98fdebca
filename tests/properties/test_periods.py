"""No day is billed twice or never, in any zone, from any anchor (PER; F10)."""

from __future__ import annotations

import itertools
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.periods import (
    Alignment,
    LongAnchor,
    Period,
    Rhythm,
    Unit,
    boundary_instant,
    charge_rhythm,
    elapsed_seconds,
    local_date,
    periods_due,
    stub_after_change,
)

# Half-hour and quarter-hour offsets, half-hour summer time, midnight changes, a skipped day.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/Chicago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
dates = st.dates(date(1990, 1, 1), date(2100, 12, 31))
rhythms = st.builds(
    Rhythm,
    anchor=dates,
    unit=st.sampled_from(list(Unit)),
    count=st.integers(1, 12),
    day=st.none() | st.integers(1, 31),
)


def months_of_anchor(start: date) -> list[Period]:
    rhythm = Rhythm(start, Unit.MONTH, 1, start.day)
    return [rhythm.period(k) for k in range(36)]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    "start",
    [
        date(2011, 2, 28),
        date(2010, 1, 29),
        date(2010, 1, 30),
        date(2010, 1, 31),
        date(2012, 2, 29),
        date(2026, 1, 28),
        date(2027, 10, 31),
        date(2028, 2, 29),
    ],
)
def test_per_36_months_in_every_zone_cover_every_hour_once(name: str, start: date):
    zone = ZoneInfo(name)
    months = months_of_anchor(start)
    for month in months:
        last_day = monthrange(month.start.year, month.start.month)[1]
        assert month.start.day == min(start.day, last_day)
    assert all(a.end == b.start for a, b in itertools.pairwise(months))
    rhythm = Rhythm(start, Unit.MONTH, 1, start.day)
    days = [start + timedelta(days=n) for n in range((months[-1].end - start).days)]
    assert [rhythm.containing(day) for day in days] == [
        month for month in months for _ in range(month.days)
    ]
    assert all(local_date(boundary_instant(day, zone), zone) >= day for day in days)
    elapsed = boundary_instant(months[-1].end, zone) - boundary_instant(months[0].start, zone)
    assert sum(elapsed_seconds(month, zone) for month in months) == elapsed.total_seconds()

    day = months[0].start
    before = boundary_instant(day, zone)
    while day < months[-1].end:
        day += timedelta(days=1)
        instant = boundary_instant(day, zone)
        assert instant >= before
        assert instant.astimezone(zone).replace(tzinfo=None) >= datetime.combine(
            day, datetime.min.time()
        )
        if instant > before:
            assert local_date(instant - timedelta(seconds=1), zone) < day
        before = instant


@given(rhythms, dates)
def test_per_2_every_date_is_in_exactly_one_period(rhythm: Rhythm, day: date):
    k = rhythm.number(day)
    assert rhythm.boundary(k) <= day < rhythm.boundary(k + 1)
    assert rhythm.period(k).end == rhythm.period(k + 1).start
    assert rhythm.containing(day) == rhythm.period(k)
    assert rhythm.is_boundary(rhythm.boundary(k))


@given(st.builds(Rhythm, anchor=dates, unit=st.just(Unit.MONTH), day=st.just(31)), dates)
def test_per_2_day_31_is_the_month_end(rhythm: Rhythm, day: date):
    start = rhythm.containing(day).start
    assert (start + timedelta(days=1)).day == 1


@given(rhythms, dates, st.integers(1, 400), st.integers(0, 400), st.booleans())
def test_per_8_bill_dates_in_any_steps_owe_the_same_periods(
    rhythm: Rhythm, start: date, life: int, later: int, in_advance: bool
):
    end = start + timedelta(days=life)
    bill_date = start + timedelta(days=later)

    def due(by: date) -> list[Period]:
        return list(periods_due(rhythm, start=start, end=end, bill_date=by, in_advance=in_advance))

    owed = due(bill_date)
    earlier = due(bill_date - timedelta(days=later // 2))
    assert owed[: len(earlier)] == earlier
    for period in owed:
        assert period.intersect(Period(start, end)) is not None
        assert (period.start if in_advance else period.end) <= bill_date
    everything = due(end + timedelta(days=5000))
    pieces = [piece for p in everything if (piece := p.intersect(Period(start, end)))]
    assert pieces[0].start == start
    assert pieces[-1].end == end
    assert all(a.end == b.start for a, b in itertools.pairwise(pieces))


@given(
    dates,
    st.sampled_from(list(Alignment)),
    st.builds(
        Rhythm,
        anchor=dates,
        unit=st.just(Unit.MONTH),
        count=st.sampled_from([1, 3, 6, 12]),
        day=st.integers(1, 31),
    ),
    st.sampled_from([Unit.MONTH, Unit.YEAR]),
    st.sampled_from([1, 2, 3, 6, 12]),
    st.sampled_from(list(LongAnchor)),
)
def test_per_6_a_charge_has_a_period_from_its_first_day(
    start, alignment, cycle, unit, count, policy
):
    rhythm = charge_rhythm(
        start=start, alignment=alignment, cycle=cycle, unit=unit, count=count, long_anchor=policy
    )
    assert rhythm.months == count * (12 if unit is Unit.YEAR else 1)
    first = rhythm.containing(start)
    assert first.contains(start)
    if alignment in (Alignment.ANNIVERSARY, Alignment.TERM):
        assert first.start == start
    if alignment is Alignment.CALENDAR:
        assert first.start.day == 1
    if alignment is Alignment.CYCLE:
        last = monthrange(first.start.year, first.start.month)[1]
        assert first.start.day == min(cycle.day or 0, last)


@given(dates, st.integers(1, 31))
def test_per_7_the_stub_reaches_the_first_boundary_of_the_new_cycle(end: date, day: int):
    new = Rhythm(end.replace(day=1), Unit.MONTH, 1, day)
    stub = stub_after_change(end, new)
    if stub is None:
        assert new.is_boundary(end)
        return
    segment, full = stub
    assert segment.start == end
    assert segment.end == full.end
    assert full.covers(segment)
    assert new.is_boundary(segment.end)
    assert not any(new.is_boundary(end + timedelta(days=n)) for n in range(1, segment.days))


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)),
    st.sampled_from(ZONES),
)
def test_per_4_and_5_agree_on_the_day_of_an_instant(moment: datetime, name: str):
    zone, instant = ZoneInfo(name), moment.replace(tzinfo=UTC)
    day = local_date(instant, zone)
    assert boundary_instant(day, zone) <= instant
