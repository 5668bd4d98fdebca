"""Which date and which place decide the tax of a line (TAX-1, TAX-3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from foundation.money import allocate


def tax_date(
    basis: str, *, invoice_date: date, period_start: date | None, period_end: date | None
) -> date:
    """Return the date whose rates apply (TAX-1).

    `period_end` is the exclusive end; PERIOD_END reads the last day served. SPLIT_BY_DAYS starts
    from the first day, and the calculator splits from there. A line without a period is taxed on
    the invoice date.
    """
    if period_start is None or period_end is None or basis == "INVOICE_DATE":
        return invoice_date
    if basis == "PERIOD_END":
        return max(period_start, period_end - timedelta(days=1))
    return period_start


def split_by_days(
    amount: Decimal, currency: str, period: tuple[date, date], changes: Iterable[date]
) -> list[tuple[date, Decimal]]:
    """Split an amount at rate changes by the days on each side of them (TAX-1).

    Returns (first day, part) in order; the parts add up to the amount.
    """
    start, end = period
    cuts = [start, *sorted({day for day in changes if start < day < end}), end]
    days = [Decimal((after - before).days) for before, after in pairwise(cuts)]
    parts = allocate(amount, days, currency)
    return list(zip(cuts[:-1], parts, strict=True))


@dataclass(frozen=True, slots=True)
class Places:
    """The jurisdictions known for one line; None where an address is not known."""

    service: int | None = None
    bill_to: int | None = None
    ship_to: int | None = None
    origin: int | None = None
    call_origin: int | None = None
    call_termination: int | None = None


def taxing_place(sourcing: str, places: Places) -> int | None:
    """Return the jurisdiction that the sourcing of the tax category points at (TAX-3).

    Falls back from service and delivery addresses to the bill-to address.
    """
    if sourcing in ("BILL_TO", "CUSTOMER_ESTABLISHMENT"):
        return places.bill_to
    if sourcing == "ORIGIN":
        return places.origin
    if sourcing == "SHIP_TO":
        return places.ship_to or places.bill_to
    if sourcing == "CALL_POINTS":
        return call_points(places)
    return places.service or places.bill_to


def call_points(places: Places) -> int | None:
    """Tax a call where two of origin, termination and service address fall together (TAX-3)."""
    service = places.service or places.bill_to
    points = (places.call_origin, places.call_termination)
    if service is not None and service in points:
        return service
    if points[0] is not None and points[0] == points[1]:
        return points[0]
    return service
