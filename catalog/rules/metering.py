"""How the events of a period become one quantity (UNIT-3, UNIT-4, UNIT-6, UNIT-7, UNIT-9)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from catalog.rules.terms import EXACT, ONE, ZERO
from foundation.money import round_places
from foundation.periods import boundary_instant

MOST_PLACES: Final = 8
SAMPLE_SECONDS: Final = 300
COUNTING: Final = frozenset({"COUNT", "UNIQUE", "UNIQUE_DAYS"})
"""Rules whose result is a number of things, whatever unit the events are in."""

_NEED_EVENTS: Final = frozenset(
    {"MAX", "LAST", "UNIQUE", "UNIQUE_DAYS", "AVERAGE", "TIME_WEIGHTED", "P95", "BUCKET_MAX"}
)
_LEVELS: Final = frozenset({"MAX", "LAST", "TIME_WEIGHTED", "BUCKET_MAX"})


class Sample(NamedTuple):
    """One event: its instant in UTC, its value, whose it is, and its place among equals."""

    at: datetime
    value: Decimal
    unique: str = ""
    order: int = 0


class Span(NamedTuple):
    """A stretch of time `[start, end)` between instants in UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> Decimal:
        """Return its real seconds; exact, to the microsecond."""
        length = self.end - self.start
        return Decimal(length // timedelta(microseconds=1)).scaleb(-6)


@dataclass(frozen=True, slots=True)
class Metric:
    """How events are counted, converted and rounded before pricing.

    `rule` is an AggregateRule, or TRANSACTIONS where every event is priced in order. BUCKET_MAX
    takes the greatest of each local `bucket` (HOUR or DAY) and adds them up. `carries_over` keeps
    a level until the next event changes it, over the end of a period too. The result is
    multiplied by `numerator` / `denominator` and rounded to `places` in `mode`. `missing_zero`
    counts the samples that P95 lacks (one in 300 seconds is expected) as zero.
    """

    rule: str = "SUM"
    bucket: str = "DAY"
    carries_over: bool = False
    missing_zero: bool = False
    numerator: Decimal = ONE
    denominator: Decimal = ONE
    places: int = MOST_PLACES
    mode: str = "ROUND_HALF_UP"
    unique_attribute: str = ""
    at_end: bool = False

    @property
    def needs_events(self) -> bool:
        """Say whether sums by day do not suffice."""
        return self.rule in _NEED_EVENTS or self.rule == "TRANSACTIONS"

    def converted(self, value: Decimal) -> Decimal:
        """Return a quantity in the unit of the price, rounded (UNIT-7).

        The aggregate is rounded, never an event: 1,536 MB are 1.5 GB, rounded up to whole ones 2.
        """
        if self.numerator != self.denominator:
            value = EXACT.divide(EXACT.multiply(value, self.numerator), self.denominator)
        return round_places(value, self.places, self.mode)


PLAIN: Final = Metric()


def aggregate(
    metric: Metric,
    samples: Iterable[Sample],
    whole: Span,
    *,
    zone: ZoneInfo,
    on: Sequence[Span] | None = None,
    carried: Decimal | None = None,
) -> Decimal:
    """Return the quantity of a full period from its events, converted and rounded.

    `samples` are those of the period in any order, `on` the stretches in which the charge ran
    (None: all of it), `carried` the level that the period began with, if any. Events of one
    instant take effect by `order`. Nothing gives zero.

    8,640 samples of five minutes: P95 is the 8,208th in ascending order (UNIT-3). Ten seats for
    half of the period and twenty for the rest are 15 TIME_WEIGHTED (UNIT-4).
    """
    ordered = sorted(samples, key=lambda one: (one.at, one.order))
    values = [one.value for one in ordered]
    if metric.rule in _LEVELS:
        found = _level(metric, ordered, whole, zone, [whole] if on is None else on, carried)
    elif metric.rule == "COUNT":
        found = Decimal(len(values))
    elif metric.rule == "UNIQUE":
        found = Decimal(len({one.unique for one in ordered}))
    elif metric.rule == "UNIQUE_DAYS":
        days = {(one.unique, one.at.astimezone(zone).date()) for one in ordered}
        found = EXACT.divide(Decimal(len(days)), _days(whole, zone))
    elif metric.rule == "AVERAGE":
        found = EXACT.divide(sum(values, ZERO), Decimal(len(values))) if values else ZERO
    elif metric.rule == "P95":
        expected = whole.seconds / SAMPLE_SECONDS if metric.missing_zero else ZERO
        found = percentile_95(values, int(expected.to_integral_value(ROUND_CEILING)))
    else:
        found = sum(values, ZERO)
    if metric.rule in COUNTING:
        return round_places(found, metric.places, metric.mode)
    return metric.converted(found)


def percentile_95(values: Sequence[Decimal], expected: int = 0) -> Decimal:
    """Return the value at index ceil(0.95 n) of the ascending samples (UNIT-3, nearest rank).

    Equals PostgreSQL's `percentile_disc(0.95)`. Of fewer than `expected` samples the rest are
    zero. Of 20 samples it is the 19th.
    """
    count = max(len(values), expected)
    if not count:
        return ZERO
    ordered = sorted([*values, *[ZERO] * (count - len(values))])
    return ordered[-(-95 * count // 100) - 1]


def _level(
    metric: Metric,
    ordered: Sequence[Sample],
    whole: Span,
    zone: ZoneInfo,
    on: Sequence[Span],
    carried: Decimal | None,
) -> Decimal:
    """Aggregate a level: what held, for how long, while the charge ran (UNIT-4, UNIT-6)."""
    rule = metric.rule
    if not metric.carries_over and rule != "TIME_WEIGHTED":
        if rule == "MAX":
            return max((one.value for one in ordered), default=ZERO)
        if rule == "LAST":
            return ordered[-1].value if ordered else ZERO
        return _bucket_sum(((one.at, one.value) for one in ordered), metric.bucket, zone)
    held = list(_held(ordered, whole, on, carried if metric.carries_over else None))
    if rule == "MAX":
        return max((value for _, value in held), default=ZERO)
    if rule == "LAST":
        return held[-1][1] if held else ZERO
    if rule == "BUCKET_MAX":
        return _bucket_sum(_in_buckets(held, metric.bucket, zone), metric.bucket, zone)
    area = sum((EXACT.multiply(value, span.seconds) for span, value in held), ZERO)
    return EXACT.divide(area, whole.seconds)


def _held(
    ordered: Sequence[Sample], whole: Span, on: Sequence[Span], carried: Decimal | None
) -> Iterator[tuple[Span, Decimal]]:
    """Yield the stretches in which a level held while the charge ran, in order of time."""
    steps = [(one.at, one.value) for one in ordered]
    if carried is not None:
        steps.insert(0, (whole.start, carried))
    for (start, value), following in itertools.zip_longest(steps, steps[1:]):
        end = whole.end if following is None else following[0]
        for span in on:
            first, last = max(start, span.start, whole.start), min(end, span.end, whole.end)
            if first < last:
                yield Span(first, last), value


def _bucket_sum(
    points: Iterable[tuple[datetime, Decimal]], bucket: str, zone: ZoneInfo
) -> Decimal:
    """Add up the greatest value of each local hour or day (UNIT-9)."""
    greatest: dict[object, Decimal] = {}
    for at, value in points:
        key = _bucket(at, bucket, zone)
        if key not in greatest or value > greatest[key]:
            greatest[key] = value
    return sum(greatest.values(), ZERO)


def _bucket(at: datetime, bucket: str, zone: ZoneInfo) -> object:
    """Name the local hour or day of an instant; an hour that the clocks repeat is two."""
    local = at.astimezone(zone)
    return local.date() if bucket == "DAY" else (local.date(), local.hour, local.fold)


def _in_buckets(
    held: Iterable[tuple[Span, Decimal]], bucket: str, zone: ZoneInfo
) -> Iterator[tuple[datetime, Decimal]]:
    """Yield a level at the beginning of every bucket that it reaches into."""
    for span, value in held:
        at = span.start
        while at < span.end:
            yield at, value
            at = _next_bucket(at, bucket, zone)


def _next_bucket(at: datetime, bucket: str, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if bucket == "DAY":
        return boundary_instant(local.date() + timedelta(days=1), zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (at - into + timedelta(hours=1)).astimezone(UTC)


def _days(whole: Span, zone: ZoneInfo) -> Decimal:
    first, last = whole.start.astimezone(zone).date(), whole.end.astimezone(zone).date()
    return Decimal((last - first).days)
