"""What drawing reads: buckets, what was drawn from them, events, and what a part of one costs."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

import catalog.queries
from foundation import sql
from foundation.money import round_places
from rating.models import PoolShare, UsageEvent
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.queries.trying import stored_row
from rating.rules.drawing import ZERO, Bucket, Event, Portion
from rating.rules.pooling import Share
from rating.rules.rows import Row

PLACES = 10
"""Decimals of an exact amount."""


class Stored(NamedTuple):
    """An event as it stands: what covers it, and its amount where it is rated by itself."""

    event: Event
    covered: Decimal
    covered_amount: Decimal | None
    amount: Decimal | None


@dataclass(slots=True)
class Holding:
    """The buckets of accounts drawn together, what events drew from them, the events to draw anew.

    One account, or all that share pools. `standing` is by bucket and event: when the event was
    and how much it drew. `allocations` and `places` are by pool, `before` what each service last
    had of its pools, `periods` the first day of a period by pool and begin.
    """

    buckets: list[Bucket] = field(default_factory=list)
    standing: dict[tuple[int, int], tuple[datetime, Decimal]] = field(default_factory=dict)
    events: dict[int, Stored] = field(default_factory=dict)
    allocations: dict[int, str] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    before: dict[Portion, Share] = field(default_factory=dict)
    periods: dict[tuple[int, datetime], date] = field(default_factory=dict)


def holdings(
    cursor: CursorWrapper,
    wanted: Mapping[int, datetime],
    brought: Mapping[int, Decimal] | None = None,
) -> list[Holding]:
    """Return what drawing accounts anew needs, each from its moment on; none without buckets.

    Accounts that share pools come together, from the begin of the period of the pool. A handful
    of statements, whatever the number of accounts. Locks the buckets in the order of ids. The
    room of a bucket is what remains, what the events to be drawn anew hold, and what it is now
    `brought` besides.
    """
    found: dict[int, Holding] = defaultdict(Holding)
    moments, heads = _together(cursor, wanted, found)
    owners: dict[int, int] = {}
    sql.run(cursor, "rating", "draw_buckets", accounts=list(moments), since=list(moments.values()))
    for (
        key, account, kind, start, end, remaining, priority, source, service, narrowed, blocks,
        closed, parent, pool, day,
    ) in cursor.fetchall():  # fmt: skip
        owners[key] = account
        pairs = tuple(sorted(json.loads(narrowed).items()))
        holding = found[heads.get(account, account)]
        holding.buckets.append(
            Bucket(
                key, kind, start, end, remaining, priority, source, service, pairs, blocks, closed,
                parent, account_id=account, pool_id=pool,
            )
        )  # fmt: skip
        if pool is not None:
            holding.periods[pool, start] = day
    for head in [head for head, one in found.items() if not one.buckets]:
        del found[head]
    if not found:
        return []
    by_account = {
        account: found[head]
        for account in moments
        if (head := heads.get(account, account)) in found
    }
    _read_drawn(cursor, moments, by_account, owners)
    if any(one.periods for one in found.values()):
        _read_pools(cursor, found.values(), brought or {})
    _read_events(cursor, moments, by_account)
    return list(found.values())


def _together(
    cursor: CursorWrapper, wanted: Mapping[int, datetime], found: dict[int, Holding]
) -> tuple[dict[int, datetime], dict[int, int]]:
    """Return the accounts to draw, each from its moment on, and the least of those it shares with.

    Who shares a pool, directly or through others, is drawn from the same moment on, which is the
    begin of a period of every pool among them: shares are of whole periods (POOL-3).
    """
    sql.run(cursor, "rating", "drawn_pools", accounts=list(wanted))
    rows = cursor.fetchall()
    if not rows:
        return dict(wanted), {}
    heads = _heads([(account, pool) for account, pool, *_ in rows])
    since: dict[int, datetime] = {}
    for account, moment in wanted.items():
        head = heads.get(account, account)
        since[head] = min(moment, since.get(head, moment))
    pools = {pool: heads[account] for account, pool, *_ in rows}
    for _, pool, allocation, places in rows:
        found[pools[pool]].allocations[pool] = allocation
        found[pools[pool]].places[pool] = places
    sql.run(
        cursor, "rating", "pool_moments", pools=list(pools),
        since=[since[head] for head in pools.values()],
    )  # fmt: skip
    for pool, moment in cursor.fetchall():
        since[pools[pool]] = min(since[pools[pool]], moment)
    accounts = sorted({*wanted, *heads})
    return {one: since[heads.get(one, one)] for one in accounts}, heads


def _heads(pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Name each account by the least of those that it shares pools with, through others too."""
    heads = {account: account for account, _ in pairs}
    by_pool: dict[int, list[int]] = defaultdict(list)
    for account, pool in pairs:
        by_pool[pool].append(account)
    is_settled = False
    while not is_settled:
        is_settled = True
        for members in by_pool.values():
            least = min(heads[one] for one in members)
            for one in members:
                is_settled = is_settled and heads[one] == least
                heads[one] = least
    return heads


def _read_drawn(
    cursor: CursorWrapper,
    wanted: Mapping[int, datetime],
    found: Mapping[int, Holding],
    owners: Mapping[int, int],
) -> None:
    """Note what events drew, and give their room back to the buckets; `found` by account."""
    held: dict[int, Decimal] = defaultdict(Decimal)
    given: dict[int, Decimal] = {}
    sql.run(
        cursor,
        "rating",
        "drawn",
        buckets=list(owners),
        since=[wanted[account] for account in owners.values()],
    )
    for bucket, event, moment, quantity in cursor.fetchall():
        if event is None:
            given[bucket] = quantity
        else:
            held[bucket] += quantity
            found[owners[bucket]].standing[bucket, event] = (moment, quantity)
    for one in _each(found.values()):
        one.buckets = [
            bucket.with_room(bucket.room + held[bucket.id], given.get(bucket.id, ZERO))
            for bucket in one.buckets
        ]


def _each(found: Iterable[Holding]) -> list[Holding]:
    """Return holdings once each, though several accounts share one."""
    return list({id(one): one for one in found}.values())


def _read_pools(
    cursor: CursorWrapper, found: Iterable[Holding], brought: Mapping[int, Decimal]
) -> None:
    """Note what was brought to the buckets of pools, and what each service last had of them."""
    pooled = [bucket.id for one in found for bucket in one.buckets if bucket.pool_id is not None]
    sql.run(cursor, "rating", "pool_brought", buckets=pooled)
    before: dict[int, Decimal] = dict(cursor.fetchall())
    for one in found:
        one.buckets = [
            bucket if bucket.pool_id is None else _with_brought(bucket, before, brought)
            for bucket in one.buckets
        ]
        starts = {(pool, day): start for (pool, start), day in one.periods.items()}
        shares = PoolShare.objects.filter(
            pool__in={pool for pool, _ in starts}, period_start__in={day for _, day in starts}
        )
        for row in shares:
            start = starts.get((row.pool_id, row.period_start))
            if start is not None:
                one.before[row.pool_id, start, row.service_id] = Share(
                    row.contributed, row.used, row.covered
                )


def _with_brought(
    bucket: Bucket, before: Mapping[int, Decimal], brought: Mapping[int, Decimal]
) -> Bucket:
    more = brought.get(bucket.id, ZERO)
    return replace(bucket, room=bucket.room + more, contributed=before.get(bucket.id, ZERO) + more)


def _read_events(
    cursor: CursorWrapper, wanted: Mapping[int, datetime], found: Mapping[int, Holding]
) -> None:
    kinds = {bucket.usage_type for one in _each(found.values()) for bucket in one.buckets}
    sql.run(
        cursor,
        "rating",
        "draw_events",
        accounts=list(found),
        since=[wanted[account] for account in found],
        kinds=sorted(kinds),
    )
    for (
        key, account, at, service, kind, quantity, attributes, covered, covered_amount, amount,
        pool,
    ) in cursor.fetchall():  # fmt: skip
        event = Event(key, at, service, kind, quantity, json.loads(attributes), account, pool)
        found[account].events[key] = Stored(event, covered or ZERO, covered_amount, amount)


def cover_amounts(
    cursor: CursorWrapper,
    parts: Mapping[tuple[int, datetime, int], tuple[Decimal, Decimal, Decimal]],
) -> dict[int, Decimal]:
    """Return by event what its covered part costs that is rated by itself (UNIT-2 EVENT, ENT-3).

    The part costs what an event of its size would, never more than the whole, so that the rest is
    what the whole costs more: a fee that the covered part has met and an increment that it has
    begun are not charged again. `parts` are by account, start and id: the covered quantity, the
    billable one, the amount. Reads by sets, for each local day of theirs.
    """
    if not parts:
        return {}
    days: dict[date, list[UsageEvent]] = defaultdict(list)
    for event in _events_by_key(cursor, parts):
        days[event.on_date].append(event)
    types, charges, listed = usage_types(), usage_charges(), catalog.queries.compiled()
    found: dict[int, Decimal] = {}
    for day, events in sorted(days.items()):
        guides = Guides(charges=charges, prices=EventPrices(on_date=day, listed=listed))
        guides.learn(cursor, {(one.identifier_type, one.identifier) for one in events})
        for event in events:
            part, whole, amount = parts[event.account_id, event.event_start, event.id]
            priced = _amount_of(guides, stored_row(event, types), part)
            if priced is None:  # it has no price now
                priced = round_places(amount * part / whole, PLACES)
            least, most = sorted((ZERO, amount))
            found[event.id] = min(max(priced, least), most)
    return found


def _events_by_key(
    cursor: CursorWrapper, keys: Iterable[tuple[int, datetime, int]]
) -> Iterator[UsageEvent]:
    accounts, starts, ids = zip(*keys, strict=True)
    binds = {"accounts": list(accounts), "starts": list(starts), "ids": list(ids)}
    sql.run(cursor, "rating", "events_by_key", **binds)
    names = [column.name for column in cursor.description]
    for row in cursor.fetchall():
        event = UsageEvent(**dict(zip(names, row, strict=True)))
        event.attributes = json.loads(row[names.index("attributes")])
        yield event


def _amount_of(guides: Guides, row: Row, part: Decimal) -> Decimal | None:
    found = guides.find(row._replace(quantity=f"{part.normalize():f}", value=part))
    return found.amount if isinstance(found, Guided) else None
