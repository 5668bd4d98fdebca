"""What a charge that is counted to the second owes for a full period (PRO-5, SECOND)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from foundation.periods import Period, boundary_instant, local_date
from foundation.proration import factor_of_moments
from invoicing.rules.timeline import OFF, Piece

if TYPE_CHECKING:
    from datetime import date

    from invoicing.rules.charging import ChargePlan
    from invoicing.rules.prices import Who

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


class Moment(NamedTuple):
    """A stretch of a timeline between two instants (None: open), as a segment is one of days."""

    start: datetime
    end: datetime | None
    quantity: Decimal
    override: Decimal | None
    state: str
    price_day: date | None = None


def pieces_of_moments(
    moments: Sequence[Moment], plan: ChargePlan, who: Who, period: Period, part: Period
) -> list[Piece]:
    """Return what is owed inside a part of a full period, in order of time, each with its share.

    A piece is shown on all days that it touches. One that begins within a day says by which
    second of it: two that begin on one day at one price are not the same (CHG-3).
    """
    assert who.zone is not None
    zone, found = who.zone, []
    first, last = boundary_instant(part.start, zone), boundary_instant(part.end, zone)
    for one in moments:
        start, end = max(one.start, first), last if one.end is None else min(one.end, last)
        if start >= end or one.state == OFF:
            continue
        share = factor_of_moments(period, start, end, zone=zone, decimals=plan.factor_decimals)
        day, until = local_date(start, zone), local_date(end - MOMENT, zone) + DAY
        second = int((start - boundary_instant(day, zone)).total_seconds())
        found.append(
            Piece(
                *(day, until, one.quantity, one.override, one.state, day, until, one.price_day),
                share=share,
                moments=(start, end),
                suffix=f"~{second}" if second else "",
            )
        )
    return found


def price_of(price_key: str) -> str:
    """Return the price that an identity names, without the second at which a piece begins."""
    return price_key.partition("~")[0]
