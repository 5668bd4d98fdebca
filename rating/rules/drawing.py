"""Draw usage from balances: which buckets an event may use, in which order, and how much of each.

Everything is a function of the events in their order (time, then id) and of the buckets, never of
the order of arrival (D3): drawing the same events again gives the same draws, so a late event or a
correction is drawn by drawing all that follows it anew (ENT-6).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

ZERO: Final = Decimal(0)
RANKS: Final = {"PROMO": 0, "ROLLOVER": 1, "GRANT": 2, "TOPUP": 3, "ADJUST": 4}
"""Which source is used up first, all else being equal (ENT-2)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a balance says about the events that may use it.

    `room` is what events may take from it: what remains and what the events drawn anew hold.
    `given` is what earlier events have taken and a negative event may bring back. No
    `service_id`: every service of the account. With a `pool_id` it is what `service_id` brings to
    a pool (`contributed`), for whoever is in the pool when it uses (POOL-4). A closed bucket is
    past its end; what had not been used is gone from its room (ENT-4).
    """

    id: int
    usage_type: str
    start: datetime
    end: datetime | None
    room: Decimal
    priority: int = 100
    source: str = "GRANT"
    service_id: int | None = None
    filter: tuple[tuple[str, str], ...] = ()
    is_blocker: bool = False
    is_closed: bool = False
    parent_id: int | None = None
    given: Decimal = ZERO
    account_id: int = 0
    pool_id: int | None = None
    contributed: Decimal = ZERO

    def matches(self, event: "Event") -> bool:
        """Tell whether an event is of the kind that the bucket is for, whenever it happened."""
        if self.pool_id is None:
            is_theirs = self.account_id == event.account_id
            is_theirs = is_theirs and self.service_id in (None, event.service_id)
        else:
            is_theirs = self.pool_id == event.pool_id
        return (
            is_theirs
            and event.usage_type == self.usage_type
            and all(event.attributes.get(name) == value for name, value in self.filter)
        )

    def with_room(self, room: Decimal, given: Decimal) -> "Bucket":
        """Return the bucket with this room and with what earlier events have taken."""
        return replace(self, room=room, given=given)

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant lies in its life, which is half-open."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Event:
    """An event as far as balances care; a negative quantity gives back.

    `pool_id` is the pool in which its service is on its day.
    """

    id: int
    at: datetime
    service_id: int
    usage_type: str
    quantity: Decimal
    attributes: Mapping[str, str] = field(default_factory=dict)
    account_id: int = 0
    pool_id: int | None = None


class Draw(NamedTuple):
    """How much of an event a bucket covers; negative when the event gives back."""

    event_id: int
    bucket_id: int
    quantity: Decimal


def usage_order(bucket: Bucket) -> tuple[bool, int, bool, datetime, int, int]:
    """Sort buckets in the order in which they are used up (ENT-2).

    What is the account's own before a pool's, then priority, the earlier end (none is last), the
    source, the older bucket.
    """
    return (
        bucket.pool_id is not None,
        bucket.priority,
        bucket.end is None,
        bucket.end or bucket.start,
        RANKS[bucket.source],
        bucket.id,
    )


def candidates(event: Event, buckets: Sequence[Bucket]) -> list[Bucket]:
    """Return the buckets that an event may use, in order (ENT-1, ENT-2, ENT-5).

    `buckets` come in usage order. A bucket that has been closed is followed at once by those into
    which its rest was rolled over: an event of its days that comes late uses them before others.
    """
    heirs: dict[int, list[Bucket]] = defaultdict(list)
    fitting = [bucket for bucket in buckets if bucket.matches(event)]
    for bucket in fitting:
        if bucket.parent_id is not None:
            heirs[bucket.parent_id].append(bucket)
    found: list[Bucket] = []
    for bucket in fitting:
        if bucket.holds(event.at) and bucket not in found:
            found.append(bucket)
            if bucket.is_closed:
                found += [one for one in _descendants(bucket, heirs) if one not in found]
    return found


def _descendants(bucket: Bucket, heirs: Mapping[int, Sequence[Bucket]]) -> Iterator[Bucket]:
    for heir in heirs.get(bucket.id, ()):
        yield heir
        yield from _descendants(heir, heirs)


Portion = tuple[int, datetime, int]
"""What a service may take of a pool in a period: pool, begin of its buckets, service."""


def portion_of(bucket: Bucket, event: Event) -> Portion | None:
    """Return which portion of a pool an event uses up in a bucket; None where it is no pool's."""
    if bucket.pool_id is None:
        return None
    return bucket.pool_id, bucket.start, event.service_id


def draw(
    events: Iterable[Event],
    buckets: Sequence[Bucket],
    portions: Mapping[Portion, Decimal] | None = None,
) -> Iterator[Draw]:
    """Yield what covers each event, in the order of time, whatever the order given (ENT-3, ENT-6).

    An event is split over its candidates; what no bucket covers is overage. Behind a blocker
    nothing is drawn. A negative event gives back to the buckets of its time, the last used first,
    at most what events took from them. No room ever falls below zero. `portions` are the most
    that services may take of pools; who is not named takes what is there.
    """
    ordered = sorted(buckets, key=usage_order)
    room = {bucket.id: bucket.room for bucket in ordered}
    taken = {bucket.id: bucket.given for bucket in ordered}
    left = dict(portions or {})
    for event in sorted(events, key=lambda one: (one.at, one.id)):
        usable = candidates(event, ordered)
        for bucket, quantity in _split(event, usable, room, taken, left):
            room[bucket.id] -= quantity
            taken[bucket.id] += quantity
            portion = portion_of(bucket, event)
            if portion is not None and portion in left:
                left[portion] -= quantity
            yield Draw(event.id, bucket.id, quantity)


def _split(
    event: Event,
    usable: Sequence[Bucket],
    room: Mapping[int, Decimal],
    taken: Mapping[int, Decimal],
    portions: Mapping[Portion, Decimal],
) -> Iterator[tuple[Bucket, Decimal]]:
    """Split one event over buckets in order; what is left over is not told (ENT-3)."""
    left = abs(event.quantity)
    gives_back = event.quantity < 0
    for bucket in reversed(usable) if gives_back else usable:
        part = min(left, (taken if gives_back else room)[bucket.id])
        portion = portion_of(bucket, event)
        if portion is not None and portion in portions and not gives_back:
            part = min(part, portions[portion])
        if part > 0:
            yield bucket, -part if gives_back else part
            left -= part
        if not left or (bucket.is_blocker and not gives_back):
            return
