"""Read what of the usage of a chunk is more than the sums of the window (TIER-3, UNIT)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

import customers.queries
from catalog.rules.counters import resets, running_since
from catalog.rules.metered import Reading
from catalog.rules.metering import Metric, Sample
from invoicing.operations.reading import Row, Rows, Window, fetch_earlier_usage, fetch_samples
from invoicing.rules.charging import Life
from invoicing.rules.moments import Moment


class Steps(NamedTuple):
    """How usage may be summed before it is read.

    `cuts` gives the days on which a period begins or a price changes for some cycle days;
    `daily` the charges that have days of their own; `metered` those whose events are read one by
    one, and how they become a quantity. `by_service` are the charges that count each service by
    itself, `resets` say when the counter of a charge begins anew, if not each period, `shared` who
    shares the counter of a charge over subscriptions (TIER-3). `sorts` gives product and section
    of each charge, by which it may be redirected (HIER-8). `to_the_second` are the charges that
    may have a timeline of moments (PRO-5), `payer_priced` those for which agreed prices of a
    payer hold that they are redirected to (PRC-2). `usage` are all charges of usage.
    """

    cuts: frozenset[date]
    daily: frozenset[int]
    metered: Mapping[int, Metric] = MappingProxyType({})
    by_service: frozenset[int] = frozenset()
    resets: Mapping[int, str] = MappingProxyType({})
    shared: Mapping[int, str] = MappingProxyType({})
    sorts: Mapping[int, tuple[int, str]] = MappingProxyType({})
    to_the_second: frozenset[int] = frozenset()
    payer_priced: frozenset[int] = frozenset()
    usage: frozenset[int] = frozenset()


def cut_otherwise(billed: Iterable[Row], steps: Steps) -> set[int]:
    """Return the charges whose usage was billed by periods that end on no day of `cuts` (PER-7).

    Their payer had another bill day then. Both those periods and the stub after them are summed
    from the usage of each day.
    """
    return {row[1] for row in billed if row[19] in steps.usage and row[6] not in steps.cuts}


def earlier_usage(
    cursor: CursorWrapper,
    lives: Mapping[int, list[Life]],
    rows: Rows,
    accounts: Sequence[int],
    window: Window,
    steps: Steps,
) -> list[Row]:
    """Return usage before the window that counters and long periods need (TIER-3)."""
    long = {row[1] for row in rows.timelines if row[2] in window.long_usage}
    starts = dict.fromkeys(long, window.long_since)
    counting = {row[1]: steps.resets[row[2]] for row in rows.timelines if row[2] in steps.resets}
    if counting:
        until = window.bill_date
        for own, began, terms in customers.queries.set_rows(
            cursor, "counter_starts", charges=list(counting)
        ):
            days = resets(counting[own], began, terms, until)
            for life in lives[own]:
                life.resets = days
            starts[own] = running_since(days, starts.get(own, window.since))
    if not starts:
        return []
    return fetch_earlier_usage(cursor, accounts, window, starts, sorted(long))


def attach_exact(
    cursor: CursorWrapper,
    lives: Mapping[int, list[Life]],
    rows: Rows,
    accounts: Sequence[int],
    window: Window,
    steps: Steps,
) -> None:
    """Attach events one by one and timelines to the second, where charges are counted so."""
    if steps.metered:
        _attach_readings(cursor, lives, rows, accounts, window, steps.metered)
    if steps.to_the_second:
        _attach_moments(cursor, lives, rows, steps.to_the_second)


def _attach_readings(
    cursor: CursorWrapper,
    lives: Mapping[int, list[Life]],
    rows: Rows,
    accounts: Sequence[int],
    window: Window,
    metered: Mapping[int, Metric],
) -> None:
    """Attach the events of charges whose quantity is not a sum (UNIT-3, UNIT-4, UNIT-9)."""
    metrics = {row[1]: metered[row[2]] for row in rows.timelines if row[2] in metered}
    if not metrics:
        return
    carried = [own for own, metric in metrics.items() if metric.carries_over]
    long = any(row[2] in window.long_usage for row in rows.timelines if row[1] in metrics)
    since = window.long_since if long else window.since
    for (
        own,
        day,
        key,
        start,
        end,
        number,
        quantity,
        identifier,
        attributes,
        service,
    ) in fetch_samples(cursor, accounts, window, list(metrics), carried, since):
        metric = metrics[own]
        unique = identifier
        if metric.unique_attribute:
            unique = str(json.loads(attributes).get(metric.unique_attribute, ""))
        sample = Sample(end if metric.at_end else start, quantity, unique, number)
        for life in lives.get(own, ()):
            life.readings.append(Reading(day, key, sample, service))


def _attach_moments(
    cursor: CursorWrapper, lives: Mapping[int, list[Life]], rows: Rows, charges: frozenset[int]
) -> None:
    """Attach the timelines to the second of charges that are counted so (PRO-5)."""
    owned = sorted({row[1] for row in rows.timelines if row[2] in charges})
    if not owned:
        return
    for own, moments in customers.queries.set_rows(cursor, "moments", charges=owned):
        line = tuple(
            Moment(
                datetime.fromisoformat(start),
                datetime.fromisoformat(end) if end else None,
                Decimal(quantity),
                None if price is None else Decimal(price),
                state,
                date.fromisoformat(day) if day else None,
            )
            for start, end, quantity, price, state, day in json.loads(moments)
        )
        for life in lives[own]:
            life.moments = line
