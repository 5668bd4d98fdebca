"""Time bands: which band an instant is in, and where one ends and the next begins (UNIT-5)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from foundation.periods import boundary_instant

HOLIDAY: Final = 8
"""The day of a band beside the weekdays 1 (Monday) to 7."""

DAY_MINUTES: Final = 24 * 60
DAY: Final = timedelta(days=1)
WEEK: Final = date(2024, 1, 1)
"""A Monday."""


class Band(NamedTuple):
    """A band of the day, `[start, end)` in minutes; an end not after the start is on the next day.

    `days` are weekdays 1 to 7 and HOLIDAY: those on which it begins.
    """

    code: str
    days: frozenset[int]
    start: int
    end: int
    weight: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """The bands of a plan and its holidays; the greatest weight wins, then the latest start.

    On a holiday the bands of its weekday apply too, so a band for holidays needs more weight.
    """

    bands: tuple[Band, ...]
    holidays: frozenset[date] = frozenset()
    _known: dict[tuple[date, str], tuple[tuple[datetime, str], ...]] = field(default_factory=dict)

    def at(self, day: date, minute: int) -> str:
        """Return the band of a local minute, "" where none covers it."""
        today, before = self._kinds(day), self._kinds(day - DAY)
        best: tuple[int, int, str] | None = None
        for code, days, start, end, weight in self.bands:
            over = end <= start
            if days & today and start <= minute and (over or minute < end):
                rank = weight, start, code
            elif over and days & before and minute < end:
                rank = weight, start - DAY_MINUTES, code
            else:
                continue
            if best is None or rank > best:
                best = rank
        return best[2] if best else ""

    def spans(self, day: date, zone: ZoneInfo) -> tuple[tuple[datetime, str], ...]:
        """Return the instants of a local day at which a band begins, with the band; remembered.

        The first is the day's beginning. The clock of the zone decides: an hour that is skipped
        has no instants, one that is repeated is in its band twice (PER-5).
        """
        key = day, zone.key
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 20_000:
                self._known.clear()
            found = self._known[key] = tuple(self._cut(day, zone))
        return found

    def pieces(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Iterator[tuple[datetime, str]]:
        """Yield the bands of `[start, end)` with the instant from which each counts."""
        day = start.astimezone(zone).date()
        last: str | None = None
        while True:
            for at, code in self.spans(day, zone):
                if at >= end and last is not None:
                    return
                if at <= start:
                    held = code
                    continue
                if last is None:
                    yield start, held
                    last = held
                    if at >= end:
                        return
                if code != last:
                    yield at, code
                    last = code
            if last is None:
                yield start, held
                last = held
            day += DAY

    def _cut(self, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, str]]:
        marks = sorted({mark for one in self.bands for mark in (one.start, one.end)})
        at, end = boundary_instant(day, zone), boundary_instant(day + DAY, zone)
        last: str | None = None
        while at < end:
            local = at.astimezone(zone)
            minute = local.hour * 60 + local.minute
            code = self.at(day, minute)
            if code != last:
                yield at.astimezone(UTC), code
                last = code
            following = next((one for one in marks if one > minute), DAY_MINUTES)
            seconds = (following - minute) * 60 - local.second
            at = _before_change(at, at + timedelta(seconds=seconds), zone)

    def _kinds(self, day: date) -> frozenset[int]:
        if day in self.holidays:
            return frozenset((day.isoweekday(), HOLIDAY))
        return frozenset((day.isoweekday(),))


def _before_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the end, or the instant before it at which the clocks change."""
    offset = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return end
    low, high = 0, int((end - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = (start + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return start + timedelta(seconds=high)


def gaps(bands: Iterable[Band]) -> list[str]:
    """Say which hours of an ordinary week no band covers, in words; empty when all are covered."""
    plan = Bands(tuple(bands))
    marks = sorted({0, *(mark for one in plan.bands for mark in (one.start, one.end))})
    found = []
    for number in range(7):
        day = WEEK + number * DAY
        for start, end in itertools.pairwise([*marks, DAY_MINUTES]):
            if not plan.at(day, start):
                found.append(f"{day:%A} {clock(start)} to {clock(end)}")
    return found


def clock(minute: int) -> str:
    """Write a minute of the day, 24:00 at its end."""
    return f"{minute // 60:02}:{minute % 60:02}"
