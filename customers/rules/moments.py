"""Draw timelines to the second, for charges that are counted so (PRO-5, granularity SECOND).

A day of the timeline has one state, the last of the day. Where an order gave a moment and not a
day, what held before it on that day is what would hold had the order not been placed: the orders
of the day are told one after the other, and each state holds from its moment to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from customers.rules.history import RANKS, Action, Beginning
from customers.rules.replay import Catalogue, replay
from customers.rules.timeline import Span
from foundation.periods import boundary_instant, local_date

DAY = timedelta(days=1)
Whose = tuple[int, int]
"""The action that began a plan, and a charge of it."""


class Moment(NamedTuple):
    """A state of a charge from an instant to before another (None: open)."""

    start: datetime
    end: datetime | None
    quantity: Decimal
    override_price: Decimal | None
    state: str
    price_day: date | None


def to_the_second(
    actions: Sequence[Action], beginning: Beginning, charges: Catalogue, zone: ZoneInfo
) -> dict[Whose, list[Moment]]:
    """Return the timelines to the second, by plan and charge; empty where all went by days.

    An end counts at its own moment, whatever day it is mapped to.
    """
    counted = {one.id for terms in charges.values() for one in terms if one.to_the_second}
    if not counted or not any(one.at for one in actions):
        return {}
    told = sorted(
        (one if one.at is None else replace(one, on=local_date(one.at, zone)) for one in actions),
        key=lambda one: (_instant(one, zone), RANKS[one.action], one.id),
    )
    days = sorted({one.on for one in told if one.at is not None})
    found: dict[Whose, list[Moment]] = {}
    for whose, line in _lines(told, beginning, charges).items():
        if whose[1] in counted:
            found[whose] = [part for span in line for part in _without(span, days, zone)]
    for day in days:
        _divide(found, day, told, beginning, charges, zone, counted)
    return {whose: _joined(each) for whose, each in found.items()}


def _instant(one: Action, zone: ZoneInfo) -> datetime:
    return one.at or boundary_instant(one.on, zone)


def _lines(
    told: Sequence[Action], beginning: Beginning, charges: Catalogue
) -> dict[Whose, tuple[Span, ...]]:
    """Draw the timelines of days of every plan."""
    return {
        (drawn.plan.action_id, charge_id): line
        for drawn in replay(told, beginning, charges).plans
        for charge_id, line in drawn.timelines.items()
    }


def _without(span: Span, days: Sequence[date], zone: ZoneInfo) -> list[Moment]:
    """Give the days of a span that have no moments inside, as stretches between midnights."""
    found, start = [], span.start
    for day in days:
        if span.covers(day):
            if start < day:
                found.append(_moment(span, start, day, zone))
            start = day + DAY
    if span.end is None or start < span.end:
        found.append(_moment(span, start, span.end, zone))
    return found


def _moment(span: Span, start: date, end: date | None, zone: ZoneInfo) -> Moment:
    until = None if end is None else boundary_instant(end, zone)
    return _of(span, boundary_instant(start, zone), until)


def _of(span: Span, start: datetime, end: datetime | None) -> Moment:
    return Moment(start, end, span.quantity, span.override_price, span.state, span.price_day)


def _divide(
    found: dict[Whose, list[Moment]],
    day: date,
    told: Sequence[Action],
    beginning: Beginning,
    charges: Catalogue,
    zone: ZoneInfo,
    counted: set[int],
) -> None:
    """Add what held on a day from moment to moment."""
    end = boundary_instant(day + DAY, zone)
    bounds = sorted({_instant(one, zone) for one in told if one.on == day and one.at})
    starts = [boundary_instant(day, zone), *bounds]
    for start, until in zip(starts, [*bounds, end], strict=True):
        if start >= until:
            continue
        known = [one for one in told if _instant(one, zone) <= start]
        for whose, line in _lines(known, beginning, charges).items():
            span = next((one for one in line if one.covers(day)), None)
            if span is not None and whose[1] in counted:
                found.setdefault(whose, []).append(_of(span, start, until))


def _joined(each: Sequence[Moment]) -> list[Moment]:
    """Join touching neighbours that say the same (PRO-1)."""
    result: list[Moment] = []
    for one in sorted(each):
        if result and result[-1].end == one.start and result[-1][2:] == one[2:]:
            result[-1] = result[-1]._replace(end=one.end)
        else:
            result.append(one)
    return result
