"""The quantities of a period that are no sums: levels, distinct counts, percentiles (UNIT)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from catalog.rules.metering import Metric, Sample, Span, aggregate
from foundation.periods import Period, boundary_instant


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


def _when(sample: Sample) -> tuple[datetime, int]:
    return sample.at, sample.order


def _span(start: date, end: date, zone: ZoneInfo) -> Span:
    return Span(
        boundary_instant(start, zone).astimezone(UTC), boundary_instant(end, zone).astimezone(UTC)
    )
