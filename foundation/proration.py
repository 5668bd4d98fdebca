"""Proration: the part of a full period's price that a segment of it owes (PRO).

amount = quantize(quantity · price · factor(full, segment, …), currency)          (PRO-1)
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from foundation.money import round_places
from foundation.periods import Period, Unit, boundary, boundary_instant, elapsed_seconds

ONE: Final = Decimal(1)
NOTHING: Final = Decimal(0)


class Convention(StrEnum):
    """How a part of a period is counted."""

    ACTUAL_DAYS = "ACTUAL_DAYS"
    FIXED_30 = "FIXED_30"
    THIRTY_360 = "THIRTY_360"
    MONTHS_PLUS_DAYS = "MONTHS_PLUS_DAYS"
    ACTUAL_365 = "ACTUAL_365"
    SECONDS = "SECONDS"
    FULL_IF_ANY = "FULL_IF_ANY"
    ONLY_IF_FULL = "ONLY_IF_FULL"


class CannotProrate(ValueError):
    """The convention does not say what this segment is worth."""

    rule = "PRO-1"


def factor(
    full: Period,
    segment: Period,
    *,
    convention: Convention,
    months: int = 1,
    zone: ZoneInfo | None = None,
    decimals: int | None = None,
) -> Decimal:
    """Return the share of `full`, a period of `months` months, that `segment` of it owes.

    Between 0 and 1; exact unless `decimals` asks for a factor rounded half up, as engines that
    are migrated from had it (PRO-6). The whole period is 1 under every convention. ACTUAL_DAYS,
    THIRTY_360 and SECONDS are additive over adjacent segments; FIXED_30 is not, by design.
    `zone` serves SECONDS only.

    Raises: CannotProrate.
    """
    if not full.covers(segment):
        raise CannotProrate(f"{segment} is not a part of {full}")
    if segment == full:
        return ONE
    exact = _exact(full, segment, convention, months, zone)
    return exact if decimals is None else round_places(exact, decimals)


def factor_of_moments(
    full: Period, start: datetime, end: datetime, *, zone: ZoneInfo, decimals: int | None = None
) -> Decimal:
    """Return the share of a full period that lies between two instants of it (PRO-5, SECOND).

    Real seconds between the instants by real seconds of the period, so that a day on which the
    clocks change is worth what it lasted. Additive; `decimals` as for `factor` (PRO-6).

    Raises: CannotProrate.
    """
    first, last = boundary_instant(full.start, zone), boundary_instant(full.end, zone)
    if not first <= start < end <= last:
        raise CannotProrate(f"{start} to {end} is not a part of {full}")
    if (start, end) == (first, last):
        return ONE
    exact = Decimal(int((end - start).total_seconds())) / int((last - first).total_seconds())
    return exact if decimals is None else round_places(exact, decimals)


def _exact(
    full: Period, segment: Period, convention: Convention, months: int, zone: ZoneInfo | None
) -> Decimal:
    match convention:
        case Convention.ACTUAL_DAYS:
            return Decimal(segment.days) / full.days
        case Convention.FIXED_30:
            return min(ONE, Decimal(segment.days) / (30 * _counted(months)))
        case Convention.THIRTY_360:
            return _thirty_360(full, segment)
        case Convention.MONTHS_PLUS_DAYS:
            return min(ONE, _months_and_days(segment) / _counted(months))
        case Convention.ACTUAL_365:
            return min(ONE, Decimal(segment.days * 12) / (365 * _counted(months)))
        case Convention.SECONDS:
            if zone is None:
                raise CannotProrate("seconds are counted in a time zone")
            return Decimal(elapsed_seconds(segment, zone)) / elapsed_seconds(full, zone)
        case Convention.FULL_IF_ANY:
            return ONE
        case Convention.ONLY_IF_FULL:
            return NOTHING


def _counted(months: int) -> int:
    if months < 1:
        raise CannotProrate("this convention counts in months")
    return months


def _thirty_360(full: Period, segment: Period) -> Decimal:
    """Count months of thirty days; the last day of February carries the missing ones."""
    whole = _commercial_day(full.end) - _commercial_day(full.start)
    if whole <= 0:
        raise CannotProrate(f"{full} has no day of a thirty-day month")
    return Decimal(_commercial_day(segment.end) - _commercial_day(segment.start)) / whole


def _commercial_day(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _months_and_days(segment: Period) -> Decimal:
    """Count whole months from the start, then the rest in days of the month it falls in."""
    whole = 0
    while boundary(segment.start, whole + 1, Unit.MONTH) <= segment.end:
        whole += 1
    running = Period(
        boundary(segment.start, whole, Unit.MONTH), boundary(segment.start, whole + 1, Unit.MONTH)
    )
    return whole + Decimal((segment.end - running.start).days) / running.days
