"""The quantities of a period that are no sums: levels, distinct counts, percentiles (UNIT)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from catalog.rules.metering import Metric, Sample, Span, aggregate
from catalog.rules.terms import ZERO
from foundation.periods import Period, boundary_instant

ADDITIVE: Final = frozenset({"TIME_WEIGHTED", "UNIQUE_DAYS", "BUCKET_MAX", "TRANSACTIONS"})
"""Rules whose quantity of a period is the sum of those of its days."""


class Reading(NamedTuple):
    """One event of a charge: its local day, attribute group, sample and service."""

    day: date
    usage_key: str
    sample: Sample
    service_id: int | None


class Metered(NamedTuple):
    """The quantity of a group in a period, the values priced one by one, and how many events."""

    usage_key: str
    quantity: Decimal
    values: tuple[Decimal, ...]
    events: int
    service_id: int | None


def metered(
    metric: Metric,
    readings: Sequence[Reading],
    period: Period,
    on: Sequence[tuple[date, date]],
    zone: ZoneInfo | None,
) -> Iterator[Metered]:
    """Yield the quantity of each attribute group in a full period.

    `on` are the stretches in which the charge ran. A level that carries over is a group of every
    later period, until the charge ends (UNIT-6).
    """
    if not on:
        return
    where = zone or ZoneInfo("UTC")
    whole = _span(period.start, period.end, where)
    spans = [_span(start, end, where) for start, end in on]
    ordered = sorted(readings, key=lambda one: one.usage_key)
    for key, members in itertools.groupby(ordered, key=lambda one: one.usage_key):
        inside, before = [], None
        services = set()
        for one in members:
            if one.day >= period.end:
                continue
            if one.day >= period.start:
                inside.append(one.sample)
            elif before is None or _when(before) < _when(one.sample):
                before = one.sample
            services.add(one.service_id)
        if not inside and not (metric.carries_over and before is not None):
            continue
        inside.sort(key=_when)
        carried = None if before is None else before.value
        yield Metered(
            key,
            aggregate(metric, inside, whole, zone=where, on=spans, carried=carried),
            tuple(one.value for one in inside) if metric.rule == "TRANSACTIONS" else (),
            len(inside),
            services.pop() if len(services) == 1 else None,
        )


def metered_parts(
    metric: Metric,
    readings: Sequence[Reading],
    period: Period,
    on: Sequence[tuple[date, date]],
    zone: ZoneInfo | None,
    days: Sequence[date],
) -> list[Metered]:
    """Split the quantity of one group, of an ADDITIVE rule, at some days of the period.

    Each part is what the running quantity gains, so that the parts add up to the whole (UNIT-7).
    """
    parts: list[Metered] = []
    done, count = Metered("", ZERO, (), 0, None), 0
    for end in (*days, period.end):
        inside = [one for one in readings if one.day < end]
        spans = [(start, min(stop, end)) for start, stop in on if start < end]
        reached = next(metered(metric, inside, period, spans, zone), done)
        parts.append(
            reached._replace(
                quantity=reached.quantity - done.quantity,
                values=reached.values[count:],
                events=reached.events - done.events,
            )
        )
        done, count = reached, len(reached.values)
    return parts


def _when(sample: Sample) -> tuple[datetime, int]:
    return sample.at, sample.order


def _span(start: date, end: date, zone: ZoneInfo) -> Span:
    return Span(
        boundary_instant(start, zone).astimezone(UTC), boundary_instant(end, zone).astimezone(UTC)
    )
