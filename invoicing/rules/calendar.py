"""Which full periods of a charge a run looks at (PER-6 to PER-8, CHG-6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from foundation.periods import Alignment, LongAnchor, Period, Rhythm, Unit, charge_rhythm

if TYPE_CHECKING:
    from invoicing.rules.difference import Billed

DAY = timedelta(days=1)
Bounds = tuple[date, date]


class Timing(NamedTuple):
    """When a charge is owed and in which steps."""

    in_advance: bool
    alignment: str
    unit: str
    steps: int
    long_anchor: str = LongAnchor.NEXT_CYCLE_DATE
    to_run_date: bool = False


class Due(NamedTuple):
    """Full periods to look at, first to last, and the day before which nothing is looked at.

    `following` is the period after the last.
    """

    periods: tuple[Period, ...]
    horizon: date
    following: Period


class Calendar:
    """Answer, for one cycle and bill date, which periods are due; answers are remembered.

    Boundaries depend on few things (the steps of the charge and, unless it follows the cycle, the
    day it is anchored on), so a run of thousands of payers computes them a few times.

    `leaves_on` is the boundary at which the payer takes another cycle day: no period of this cycle
    begins on it or later (PER-7).
    """

    def __init__(
        self,
        cycle: Rhythm,
        bill_date: date,
        rebill_periods: int,
        leaves_on: date | None = None,
    ) -> None:
        self.cycle = cycle
        self.bill_date = bill_date
        self.rebill_periods = rebill_periods
        self.leaves_on = leaves_on
        self._due: dict[tuple[Timing, date], Due] = {}
        self._pinned: dict[Timing, bool] = {}

    @cached_property
    def invoice_period(self) -> Period:
        """Return the cycle period that ends on the bill date, or is running on it."""
        k = self.cycle.number(self.bill_date)
        if self.cycle.boundary(k) == self.bill_date:
            k -= 1
        return self.cycle.period(k)

    def horizon(self) -> date:
        """Return the first day of the periods of the cycle that are looked at (CHG-6)."""
        return self.cycle.boundary(self.cycle.number(self.bill_date) - self.rebill_periods - 1)

    def due(self, timing: Timing, anchor: date) -> Due:
        """Return the periods owed by the bill date and still within the horizon (PER-8, CHG-6).

        In advance: up to the period that has begun by the bill date; in arrears: up to the last
        that has ended by it, or to the running one where it is billed up to the run date. The life
        of the charge does not matter here.
        """
        pinned = self._pinned.get(timing)
        if pinned is None:
            pinned = self._pinned[timing] = not self._follows_cycle(timing)
        key = (timing, anchor if pinned else date.min)
        found = self._due.get(key)
        if found is None:
            found = self._due[key] = self._find(*key)
        return found

    def once(self, day: date) -> Period:
        """Return the period of something that happens on one day."""
        return Period(day, day + DAY)

    def _follows_cycle(self, timing: Timing) -> bool:
        months = {"MONTH": 1, "YEAR": 12}.get(timing.unit, 0) * timing.steps
        return timing.alignment == Alignment.CYCLE and months == self.cycle.months

    def rhythm(self, timing: Timing, anchor: date) -> Rhythm:
        """Return the rhythm of the full periods of a charge (PER-6)."""
        if self._follows_cycle(timing):
            return self.cycle
        return charge_rhythm(
            start=anchor,
            alignment=Alignment(timing.alignment),
            cycle=self.cycle,
            unit=Unit(timing.unit),
            count=timing.steps,
            long_anchor=LongAnchor(timing.long_anchor),
        )

    def _find(self, timing: Timing, anchor: date) -> Due:
        rhythm = self.cycle if anchor == date.min else self.rhythm(timing, anchor)
        last = rhythm.number(self.bill_date)
        is_running = timing.to_run_date and rhythm.boundary(last) < self.bill_date
        if not timing.in_advance and not is_running:
            last -= 1
        if self.leaves_on is not None and timing.alignment == Alignment.CYCLE:
            last = min(last, rhythm.number(self.leaves_on - DAY))
        first = last - self.rebill_periods
        if timing.alignment == Alignment.TERM:
            first = max(first, 0)
        periods = tuple(rhythm.period(k) for k in range(first, last + 1))
        return Due(periods, rhythm.boundary(first), rhythm.period(last + 1))


def looked_at(
    periods: Sequence[Period],
    billed: Mapping[Bounds, Sequence[Billed]],
    calendar: Calendar,
    *,
    in_advance: bool,
) -> Iterator[tuple[Period, Period | None]]:
    """Give the due periods, cut where an earlier rhythm has billed into them, then the others.

    Billed periods that are no longer due by today's rhythm are looked at by their own bounds, so
    that a change of cycle day moves no money of the past; each has the days that no period billed
    before it has reached into, for it may be a stub itself (PER-7). What a run of a later day has
    billed in arrears of a period that begins by then is left alone (UNIT-8).
    """
    own = {(one.start, one.end) for one in periods}
    strange = sorted(bounds for bounds in billed if bounds not in own)
    if not strange:
        for period in periods:
            yield period, None
        return
    first_item = {
        bounds: min((one.id for one in items), default=inf) for bounds, items in billed.items()
    }
    begin = periods[0].start if periods else calendar.horizon()
    until = date.max if in_advance else calendar.bill_date
    others = [Period(start, end) for start, end in strange if begin <= start < until]
    for period in (*periods, *others):
        since = first_item.get((period.start, period.end), inf)
        part = uncovered(period, [one for one in billed if first_item[one] < since])
        if part is not None:
            yield period, None if part == period else part


def uncovered(period: Period, billed: Iterable[Bounds]) -> Period | None:
    """Return the part of a new full period that no other billed period reaches into (PER-7).

    After a change of cycle day the running full period ends inside a period of the new cycle;
    what is left of that one is a stub of it.
    """
    start = period.start
    for first, end in billed:
        if (first, end) != (period.start, period.end) and first < period.end and end > start:
            start = end
    return Period(start, period.end) if start < period.end else None
