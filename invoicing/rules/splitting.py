"""Where a full period is cut: stubs billed with their neighbour, the run date, price changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from foundation.periods import Period
from invoicing.rules.calendar import Due
from invoicing.rules.prices import Prices, Who
from invoicing.rules.timeline import Piece

if TYPE_CHECKING:
    from invoicing.rules.charging import ChargePlan, Life


def with_stubs(life: Life, plan: ChargePlan, due: Due) -> Sequence[Period]:
    """Return the due periods where a stub is billed with its whole neighbour (PRO-2 MERGE).

    The first, partial period waits until the whole one after it is due; the last is due with the
    whole one before it. What was billed stays in sight.
    """
    periods = due.periods
    if not life.segments or not periods:
        return periods
    start, end = life.segments[0].start, life.segments[-1].end
    last, after = periods[-1], due.following
    if plan.policies.start == "MERGE" and last.start < start < last.end < end:
        return periods if (last.start, last.end) in life.billed else periods[:-1]
    if plan.policies.end == "MERGE" and after.start < end < after.end and start <= last.start:
        return (*periods, after)
    return periods


def until_run(life: Life, bill_date: date, period: Period, part: Period | None) -> Period | None:
    """Return the days of a period that are owed by the bill date; None when there are none.

    For charges billed up to the run (PER-8). What a later run has billed already stays owed.
    """
    whole = part or period
    known = life.billed.get((period.start, period.end), ())
    day = max([bill_date, *(one.end for one in known)])
    if whole.start >= day:
        return None
    return whole if whole.end <= day else Period(whole.start, day)


def divided(
    period: Period, part: Period | None, days: Sequence[date]
) -> Iterator[tuple[date, Period | None]]:
    """Cut a period, or a part of it, on the days on which its payer changes (HIER-6, SPLIT).

    Give with each bit the day that decides who bears it; the first is borne as the period is.
    """
    whole = part or period
    cuts = [day for day in days if period.start < day < period.end]
    for start, end in pairwise([period.start, *cuts, period.end]):
        bit = whole.intersect(Period(start, end))
        if bit is not None:
            yield start, None if bit == period else bit


def split_by_price(
    found: Sequence[Piece], charge_id: int, who: Who, owner_id: int, prices: Prices
) -> Iterator[Piece]:
    """Cut floating pieces where another price begins to hold (CHG-9).

    A day on which the price stays what it was cuts nothing. Own prices and locked ones float not.
    """
    for piece in found:
        if piece.price_day is not None or piece.override is not None:
            yield piece
            continue
        rest = piece._replace(price_day=piece.start)
        running = prices.quote(charge_id, who, owner_id, piece.start, None)
        for day in prices.changes(charge_id, who, owner_id):
            if not rest.start < day < piece.end:
                continue
            quote = prices.quote(charge_id, who, owner_id, day, None)
            if quote.key != running.key:
                yield rest._replace(end=day, counted_to=day)
                rest = rest._replace(start=day, counted_from=day, price_day=day)
                running = quote
        yield rest
