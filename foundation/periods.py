"""Periods: half-open ranges of local dates, and the rhythm that cuts time into them (PER-1 to 8).

Boundary *k* is always computed from the anchor, never from the boundary before it, so a short
month does not drag the later ones along. Nothing here reads a clock or knows a stored offset.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Unit(StrEnum):
    """What a rhythm counts in."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class Alignment(StrEnum):
    """Where the periods of a charge are pinned (PER-6)."""

    CYCLE = "CYCLE"
    ANNIVERSARY = "ANNIVERSARY"
    CALENDAR = "CALENDAR"
    TERM = "TERM"


class LongAnchor(StrEnum):
    """Where a charge longer than the bill cycle is pinned (PER-6)."""

    NEXT_CYCLE_DATE = "NEXT_CYCLE_DATE"
    WHOLE_STEP = "WHOLE_STEP"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`[start, end)` of local dates, never empty (PER-1)."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a period ends after it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """Calendar days; a change of clocks never alters the count (PER-5)."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The day that screens and documents show as the end (PER-1)."""
        return self.end - timedelta(days=1)

    def contains(self, day: date) -> bool:
        """Tell whether the day belongs to the period; the end does not."""
        return self.start <= day < self.end

    def covers(self, other: Period) -> bool:
        """Tell whether the other period lies wholly inside this one."""
        return self.start <= other.start and other.end <= self.end

    def intersect(self, other: Period) -> Period | None:
        """Return the common part, or None when the two only touch or lie apart."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def label(self) -> str:
        """Return the dates as a document shows them: first and last day, both inclusive."""
        return f"{self.start:%d %b %Y} – {self.last_day:%d %b %Y}"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How time is cut: `count` units from an anchor, months on cycle day `day` (PER-2).

    `day` 1 to 31 counts for months and years only; 31 means the last day of the month. Without
    it the anchor's own day is used.
    """

    anchor: date
    unit: Unit = Unit.MONTH
    count: int = 1
    day: int | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a rhythm counts at least one unit")
        if self.day is not None and not 1 <= self.day <= 31:
            raise ValueError("a cycle day is 1 to 31")

    @property
    def months(self) -> int:
        """Whole months of one period; 0 for days and weeks."""
        return self.count * _MONTHS[self.unit]

    def boundary(self, k: int) -> date:
        """Return boundary k, which may be negative (PER-2, PER-3)."""
        return boundary(self.anchor, k, self.unit, self.count, self.day)

    def number(self, on_date: date) -> int:
        """Return k of the period that contains the date: boundary(k) <= date < boundary(k + 1)."""
        if self.months:
            apart = (on_date.year - self.anchor.year) * 12 + on_date.month - self.anchor.month
            k = apart // self.months
        else:
            k = (on_date - self.anchor).days // (self.count * _DAYS[self.unit])
        return k if self.boundary(k) <= on_date else k - 1

    def period(self, k: int) -> Period:
        """Return full period k, from boundary k to boundary k + 1."""
        return Period(self.boundary(k), self.boundary(k + 1))

    def containing(self, on_date: date) -> Period:
        """Return the full period that contains the date."""
        return self.period(self.number(on_date))

    def is_boundary(self, day: date) -> bool:
        """Tell whether a period of this rhythm starts on the day."""
        return self.boundary(self.number(day)) == day


_MONTHS = {Unit.DAY: 0, Unit.WEEK: 0, Unit.MONTH: 1, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


def boundary(
    anchor: date, k: int, unit: Unit = Unit.MONTH, count: int = 1, day: int | None = None
) -> date:
    """Return boundary k counted from the anchor (PER-2).

    Months: day `min(day, last day of the month)` of the month `k·count` after the anchor's, so 31
    is the month end and 29 February falls on the 28th of common years (PER-3). Days and weeks:
    the anchor plus whole steps.
    """
    if unit in _DAYS:
        return anchor + timedelta(days=k * count * _DAYS[unit])
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + k * count * _MONTHS[unit], 12)
    last_day = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day or anchor.day, last_day))


def period_containing(on_date: date, rhythm: Rhythm) -> Period:
    """Return the full period of the rhythm that contains the date."""
    return rhythm.containing(on_date)


def periods_due(
    rhythm: Rhythm,
    *,
    start: date,
    end: date | None,
    bill_date: date,
    in_advance: bool,
) -> Iterator[Period]:
    """Yield the full periods that a charge living in `[start, end)` owes at a bill date (PER-8).

    In advance: the period has begun by the bill date. In arrears: it has ended by then, or the
    charge has. First to last; the first and last may reach beyond the life of the charge, whose
    segment is the intersection. None for `end` means open.
    """
    k = rhythm.number(start)
    while True:
        period = rhythm.period(k)
        if end is not None and period.start >= end:
            return
        due = period.start if in_advance else period.end
        if due > bill_date:
            return
        yield period
        k += 1


def charge_rhythm(
    *,
    start: date,
    alignment: Alignment,
    cycle: Rhythm,
    unit: Unit = Unit.MONTH,
    count: int = 1,
    long_anchor: LongAnchor = LongAnchor.NEXT_CYCLE_DATE,
) -> Rhythm:
    """Return the rhythm of a charge that starts on `start` for a payer billed by `cycle` (PER-6).

    CYCLE: the payer's own periods, or, for a charge longer than the cycle, periods pinned to a
    cycle day; ANNIVERSARY and TERM: from the start; CALENDAR: from the first of the month (weeks
    from Monday). The leading stub is a segment of the period that contains the start.
    """
    own = Rhythm(start, unit, count)
    if alignment in (Alignment.ANNIVERSARY, Alignment.TERM):
        return own
    if alignment is Alignment.CALENDAR:
        return _calendar(own)
    if not own.months or own.months == cycle.months:
        return cycle if own.months else own
    day = cycle.day or cycle.anchor.day
    monthly = Rhythm(start.replace(day=1), Unit.MONTH, 1, day)
    if long_anchor is LongAnchor.NEXT_CYCLE_DATE:
        step = cycle if own.months > cycle.months else monthly
    else:
        step = Rhythm(start.replace(day=1), Unit.MONTH, own.months, day)
    k = step.number(start)
    anchor = step.boundary(k if step.boundary(k) == start else k + 1)
    return Rhythm(anchor, unit, count, day)


def stub_after_change(end_of_running: date, new_cycle: Rhythm) -> tuple[Period, Period] | None:
    """Return the stub after a change of cycle day, as (segment, its full period) (PER-7).

    The change takes effect at the end of the running full period. None when that day is already
    a boundary of the new cycle.
    """
    if new_cycle.is_boundary(end_of_running):
        return None
    full = new_cycle.containing(end_of_running)
    return Period(end_of_running, full.end), full


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the local date to which an instant belongs (PER-4)."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its zone")
    return instant.astimezone(zone).date()


def boundary_instant(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a local date begins (PER-5).

    Local midnight; where the clocks skip it the first instant after, where they repeat it the
    earlier one.
    """
    midnight = datetime.combine(day, time(0), tzinfo=zone)
    instant = midnight.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    return _end_of_gap(midnight, zone)


def elapsed_seconds(period: Period, zone: ZoneInfo) -> int:
    """Return the real seconds between the boundary instants of a period (PER-5)."""
    elapsed = boundary_instant(period.end, zone) - boundary_instant(period.start, zone)
    return int(elapsed.total_seconds())


def _calendar(own: Rhythm) -> Rhythm:
    """Pin a rhythm to the calendar: years to January, months to the first, weeks to Monday."""
    anchor = own.anchor
    if own.unit is Unit.YEAR or (own.months and 12 % own.months == 0):
        return Rhythm(date(anchor.year, 1, 1), own.unit, own.count, 1)
    if own.months:
        return Rhythm(anchor.replace(day=1), own.unit, own.count, 1)
    if own.unit is Unit.WEEK:
        return Rhythm(anchor - timedelta(days=anchor.weekday()), own.unit, own.count)
    return own


def _end_of_gap(midnight: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant at which the clocks jump over the given local time."""
    before = midnight.replace(fold=1).astimezone(UTC)
    after = midnight.replace(fold=0).astimezone(UTC)
    offset = midnight.replace(fold=0).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
