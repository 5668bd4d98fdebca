"""Who bears what a pool does not cover (POOL-1 to POOL-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from foundation.money import allocate_places, round_places
from foundation.periods import Period
from rating.rules.drawing import (
    ZERO,
    Bucket,
    Draw,
    Event,
    Portion,
    candidates,
    draw,
    portion_of,
    usage_order,
)

FINEST: Final = 8
"""Decimals of a quantity."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a service brought to a pool in a period, used of it, and how much of that is covered.

    `used` is usage that no balance of its own covers. What is beyond `covered` is charged.
    """

    contributed: Decimal = ZERO
    used: Decimal = ZERO
    covered: Decimal = ZERO

    @property
    def beyond(self) -> Decimal:
        """Return what is charged."""
        return self.used - self.covered

    @property
    def excess(self) -> Decimal:
        """Return what was used beyond the own contribution."""
        return max(ZERO, self.used - self.contributed)


def contribution(quantity: Decimal, *, days: int, full: Period, places: int) -> Decimal:
    """Return what a service brings to the pool for a full period (POOL-2).

    By its days in the pool, rounded half up to the decimals of the unit: 300 over 10 of 30 days
    are 100.
    """
    return round_places(quantity * days / full.days, places)


Days = tuple[date, date | None]
"""A half-open range of days; no end: open."""


def free_days(days: Days, taken: Iterable[Days]) -> list[Days]:
    """Return the stretches of some days that none of those taken cover, in order."""
    free = [days]
    for start, end in taken:
        left: list[Days] = []
        for first, last in free:
            if first < start:
                left.append((first, start if last is None else min(start, last)))
            if end is not None and (last is None or end < last):
                left.append((max(first, end), last))
        free = left
    return free


def fair_shares(
    shares: Sequence[Share],
    *,
    allocation: str,
    places: int,
    before: Sequence[Share | None] = (),
) -> list[Share]:
    """Share out what a pool covered, so that what it did not is borne as agreed (POOL-3).

    `shares` say what was covered in the order of events, which BY_EVENT_ORDER leaves as it is.
    BY_USAGE lets each bear what is beyond the pool in proportion to its usage, BY_EXCESS in
    proportion to its usage beyond its own contribution; the last unit goes by largest remainder
    (NUM-2). Who used as much as `before` keeps what it bore if that would move by at most one
    unit of `places` decimals (POOL-5).
    """
    beyond = sum((one.beyond for one in shares), ZERO)
    if allocation == "BY_EVENT_ORDER" or beyond <= 0:
        return list(shares)
    weights = [one.used for one in shares]
    excesses = [one.excess for one in shares]
    if allocation == "BY_EXCESS" and sum(excesses, ZERO) >= beyond:
        weights = excesses
    step = max([places, *(_decimals(one) for one in (beyond, *weights))])
    borne = allocate_places(beyond, weights, step)
    if before:
        borne = _kept(borne, weights, shares, before, Decimal(1).scaleb(-places), step)
    return [
        Share(one.contributed, one.used, one.used - part)
        for one, part in zip(shares, borne, strict=True)
    ]


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return min(FINEST, max(0, -int(exponent)))


def _kept(
    borne: Sequence[Decimal],
    weights: Sequence[Decimal],
    shares: Sequence[Share],
    before: Sequence[Share | None],
    unit: Decimal,
    step: int,
) -> list[Decimal]:
    """Leave alone who is moved by at most a unit, and let the others bear the rest (POOL-5)."""
    kept = {
        number: old.beyond
        for number, (share, old) in enumerate(zip(shares, before, strict=True))
        if old is not None
        and (old.used, old.contributed) == (share.used, share.contributed)
        and abs(old.beyond - borne[number]) <= unit
    }
    others = [number for number in range(len(borne)) if number not in kept]
    own = [weights[number] for number in others]
    rest = sum(borne, ZERO) - sum(kept.values(), ZERO)
    if rest < 0 or (rest and not any(own)):
        return list(borne)
    parts = allocate_places(rest, own, step) if any(own) else [ZERO] * len(own)
    found = kept | dict(zip(others, parts, strict=True))
    fits = all(found[number] <= one.used for number, one in enumerate(shares))
    return [found[number] for number in range(len(borne))] if fits else list(borne)


@dataclass(slots=True)
class Pooled:
    """What covers each event, and what each service has of its pools."""

    draws: list[Draw]
    shares: dict[Portion, Share]


def draw_pooled(
    events: Sequence[Event],
    buckets: Sequence[Bucket],
    *,
    allocations: Mapping[int, str],
    places: Mapping[int, int],
    before: Mapping[Portion, Share],
) -> Pooled:
    """Draw the usage of accounts that share pools, each bearing its part of the rest (POOL-3).

    First in the order of events; that says how much of each pool is used in all. Then each
    service takes its part of that, its own events in order. `allocations` and `places` (decimals
    of the unit) are by pool, `before` is what was last written.
    """
    draws = list(draw(events, buckets))
    shares = _in_order(events, buckets, draws)
    groups: dict[tuple[int, datetime], list[Portion]] = defaultdict(list)
    for portion in sorted(shares):
        groups[portion[0], portion[1]].append(portion)
    for (pool, _), members in groups.items():
        fair = fair_shares(
            [shares[one] for one in members],
            allocation=allocations[pool],
            places=places[pool],
            before=[before.get(one) for one in members],
        )
        shares.update(zip(members, fair, strict=True))
    portions = {key: one.covered for key, one in shares.items()}
    return Pooled(list(draw(events, buckets, portions)), shares)


def _in_order(
    events: Sequence[Event], buckets: Sequence[Bucket], draws: Sequence[Draw]
) -> dict[Portion, Share]:
    """Say what each service brought, used and was covered for, in the order of events."""
    pooled = {one.id: one for one in buckets if one.pool_id is not None}
    ordered = sorted(pooled.values(), key=usage_order)
    brought: dict[Portion, Decimal] = defaultdict(Decimal)
    used: dict[Portion, Decimal] = defaultdict(Decimal)
    covered: dict[Portion, Decimal] = defaultdict(Decimal)
    for bucket in ordered:
        if bucket.pool_id is not None and bucket.service_id is not None:
            brought[bucket.pool_id, bucket.start, bucket.service_id] += bucket.contributed
    own: dict[int, Decimal] = defaultdict(Decimal)
    by_id = {one.id: one for one in events}
    for one in draws:
        source = pooled.get(one.bucket_id)
        portion = None if source is None else portion_of(source, by_id[one.event_id])
        if portion is None:
            own[one.event_id] += one.quantity
        else:
            covered[portion] += one.quantity
    for event in events:
        usable = candidates(event, ordered) if event.pool_id is not None else ()
        first = portion_of(usable[0], event) if usable else None
        if first is not None:
            used[first] += event.quantity - own[event.id]
    return {
        key: Share(brought[key], max(ZERO, used[key], covered[key]), covered[key])
        for key in sorted({*brought, *used, *covered})
    }
