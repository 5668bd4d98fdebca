from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from foundation.periods import (
    Alignment,
    LongAnchor,
    Period,
    Rhythm,
    Unit,
    boundary,
    boundary_instant,
    charge_rhythm,
    elapsed_seconds,
    local_date,
    period_containing,
    periods_due,
    stub_after_change,
)

MONTHLY_15 = Rhythm(date(2027, 1, 15), Unit.MONTH, 1, 15)


def test_per_1_is_half_open_and_shows_its_last_day():
    may = Period(date(2027, 5, 1), date(2027, 6, 1))
    assert may.contains(date(2027, 5, 31))
    assert not may.contains(date(2027, 6, 1))
    assert may.days == 31
    assert may.label() == "01 May 2027 – 31 May 2027"
    assert may.intersect(Period(date(2027, 6, 1), date(2027, 7, 1))) is None
    with pytest.raises(ValueError, match="ends after"):
        Period(date(2027, 5, 1), date(2027, 5, 1))


def test_per_2_short_months_do_not_drag_the_later_ones():
    days = [boundary(date(2027, 1, 31), k, Unit.MONTH, 1, 31) for k in range(6)]
    assert days == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
        date(2027, 5, 31),
        date(2027, 6, 30),
    ]


def test_per_2_counts_weeks_and_days_from_the_anchor():
    assert boundary(date(2027, 1, 1), 3, Unit.WEEK, 2) == date(2027, 2, 12)
    assert boundary(date(2027, 1, 1), -1, Unit.DAY, 10) == date(2026, 12, 22)


def test_per_3_a_leap_day_falls_on_the_28th_of_common_years():
    days = [boundary(date(2028, 2, 29), k, Unit.YEAR) for k in range(5)]
    assert [(day.month, day.day) for day in days] == [(2, 29), (2, 28), (2, 28), (2, 28), (2, 29)]


def test_per_2_finds_the_period_of_any_date():
    period = period_containing(date(2027, 3, 14), MONTHLY_15)
    assert period == Period(date(2027, 2, 15), date(2027, 3, 15))
    before = period_containing(date(2026, 12, 1), MONTHLY_15)
    assert before == Period(date(2026, 11, 15), date(2026, 12, 15))


def test_per_4_an_instant_belongs_to_the_local_date():
    instant = datetime(2027, 5, 31, 23, 30, tzinfo=UTC)
    assert local_date(instant, ZoneInfo("Europe/Berlin")) == date(2027, 6, 1)
    assert local_date(instant, ZoneInfo("America/Chicago")) == date(2027, 5, 31)


def test_per_5_a_skipped_midnight_begins_at_the_first_instant_after():
    zone = ZoneInfo("America/Sao_Paulo")  # 4 November 2018: 00:00 became 01:00
    start = boundary_instant(date(2018, 11, 4), zone)
    assert start == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)
    assert local_date(start, zone) == date(2018, 11, 4)
    assert local_date(start - timedelta(seconds=1), zone) == date(2018, 11, 3)


def test_per_5_a_gap_that_opens_before_midnight_ends_the_day_early():
    zone = ZoneInfo("America/Toronto")  # 30 March 1919: 23:30 became 00:30
    start = boundary_instant(date(1919, 3, 31), zone)
    assert start.astimezone(zone).replace(tzinfo=None) == datetime(1919, 3, 31, 0, 30)


def test_per_5_a_day_that_never_was_begins_with_the_next():
    zone = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    assert boundary_instant(date(2011, 12, 30), zone) == boundary_instant(date(2011, 12, 31), zone)


def test_per_5_a_repeated_midnight_begins_at_the_earlier():
    zone = ZoneInfo("America/Havana")  # 7 November 2027: 01:00 becomes 00:00
    start = boundary_instant(date(2027, 11, 7), zone)
    assert start == datetime(2027, 11, 7, 4, 0, tzinfo=UTC)


def test_per_5_seconds_are_real_days_are_calendar_days():
    day = Period(date(2027, 3, 28), date(2027, 3, 29))
    assert day.days == 1
    assert elapsed_seconds(day, ZoneInfo("Europe/Berlin")) == 23 * 3600


def test_per_6_a_charge_of_the_cycle_takes_the_payers_periods():
    rhythm = charge_rhythm(
        start=date(2027, 3, 20), alignment=Alignment.CYCLE, cycle=MONTHLY_15, count=1
    )
    assert rhythm.containing(date(2027, 3, 20)) == Period(date(2027, 3, 15), date(2027, 4, 15))


@pytest.mark.parametrize(
    ("policy", "first"),
    [
        (LongAnchor.NEXT_CYCLE_DATE, Period(date(2026, 11, 15), date(2027, 2, 15))),
        (LongAnchor.WHOLE_STEP, Period(date(2027, 1, 15), date(2027, 4, 15))),
    ],
)
def test_per_6_a_quarter_on_a_monthly_cycle(policy: LongAnchor, first: Period):
    rhythm = charge_rhythm(
        start=date(2027, 1, 20),
        alignment=Alignment.CYCLE,
        cycle=MONTHLY_15,
        count=3,
        long_anchor=policy,
    )
    assert rhythm.containing(date(2027, 1, 20)) == first


def test_per_6_anniversary_and_calendar():
    start = date(2027, 5, 31)
    own = charge_rhythm(start=start, alignment=Alignment.ANNIVERSARY, cycle=MONTHLY_15)
    assert own.period(1) == Period(date(2027, 6, 30), date(2027, 7, 31))
    calendar = charge_rhythm(start=start, alignment=Alignment.CALENDAR, cycle=MONTHLY_15, count=3)
    assert calendar.containing(start) == Period(date(2027, 4, 1), date(2027, 7, 1))


def test_per_7_a_new_cycle_day_leaves_a_stub_of_the_new_cycle():
    new = Rhythm(date(2027, 1, 1), Unit.MONTH, 1, 1)
    assert stub_after_change(date(2027, 3, 15), new) == (
        Period(date(2027, 3, 15), date(2027, 4, 1)),
        Period(date(2027, 3, 1), date(2027, 4, 1)),
    )
    assert stub_after_change(date(2027, 4, 1), new) is None


def test_per_8_advance_owes_what_has_begun_arrears_what_has_ended():
    def due(*, in_advance: bool, end: date | None = None) -> list[date]:
        return [
            period.start
            for period in periods_due(
                MONTHLY_15,
                start=date(2027, 1, 20),
                end=end,
                bill_date=date(2027, 3, 15),
                in_advance=in_advance,
            )
        ]

    assert due(in_advance=True) == [date(2027, 1, 15), date(2027, 2, 15), date(2027, 3, 15)]
    assert due(in_advance=False) == [date(2027, 1, 15), date(2027, 2, 15)]
    assert due(in_advance=True, end=date(2027, 2, 15)) == [date(2027, 1, 15)]
