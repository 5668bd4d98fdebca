"""What drawing reads: buckets, what was drawn from them, events, and what a part of one costs."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from foundation import sql
from foundation.money import round_places
from rating.models import UsageEvent
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges
from rating.queries.trying import stored_row
from rating.rules.drawing import ZERO, Bucket, Event

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
    """The buckets of an account, what its events drew from them, and the events to draw anew.

    `standing` is by bucket and event: when the event was and how much it drew.
    """

    buckets: list[Bucket] = field(default_factory=list)
    standing: dict[tuple[int, int], tuple[datetime, Decimal]] = field(default_factory=dict)
    events: dict[int, Stored] = field(default_factory=dict)


def holdings(cursor: CursorWrapper, wanted: Mapping[int, datetime]) -> dict[int, Holding]:
    """Return what drawing accounts anew needs, each from its moment on; none without buckets.

    Three statements, whatever the number of accounts. Locks the buckets in the order of ids. The
    room of a bucket is what remains and what the events to be drawn anew hold.
    """
    found: dict[int, Holding] = defaultdict(Holding)
    owners: dict[int, int] = {}
    sql.run(cursor, "rating", "draw_buckets", accounts=list(wanted), since=list(wanted.values()))
    for (
        key, account, kind, start, end, remaining, priority, source, service, narrowed, blocks,
        closed, parent,
    ) in cursor.fetchall():  # fmt: skip
        owners[key] = account
        pairs = tuple(sorted(json.loads(narrowed).items()))
        found[account].buckets.append(
            Bucket(
                key, kind, start, end, remaining, priority, source, service, pairs, blocks, closed,
                parent,
            )
        )  # fmt: skip
    if not found:
        return {}
    _read_drawn(cursor, wanted, found, owners)
    _read_events(cursor, wanted, found)
    return dict(found)


def _read_drawn(
    cursor: CursorWrapper,
    wanted: Mapping[int, datetime],
    found: Mapping[int, Holding],
    owners: Mapping[int, int],
) -> None:
    """Note what events drew, and give their room back to the buckets."""
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
    for one in found.values():
        one.buckets = [
            bucket.with_room(bucket.room + held[bucket.id], given.get(bucket.id, ZERO))
            for bucket in one.buckets
        ]


def _read_events(
    cursor: CursorWrapper, wanted: Mapping[int, datetime], found: Mapping[int, Holding]
) -> None:
    kinds = {bucket.usage_type for one in found.values() for bucket in one.buckets}
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
    ) in cursor.fetchall():  # fmt: skip
        event = Event(key, at, service, kind, quantity, json.loads(attributes))
        found[account].events[key] = Stored(event, covered or ZERO, covered_amount, amount)


class CoverPrices:
    """Say what the covered part of an event costs that is rated by itself (UNIT-2 EVENT, ENT-3).

    The part costs what an event of its size would, so that the rest is what the whole costs more:
    a fee that the covered part has met and an increment that it has begun are not charged again.
    """

    def __init__(self, cursor: CursorWrapper) -> None:
        self._cursor = cursor
        self._tools: dict[object, Guides] = {}

    def amounts(
        self, parts: Mapping[tuple[int, datetime, int], tuple[Decimal, Decimal, Decimal]]
    ) -> dict[int, Decimal]:
        """Return by event what its covered part costs, never more than the whole.

        `parts` are by account, start and id: the covered quantity, the billable one, the amount.
        """
        found: dict[int, Decimal] = {}
        for (account, start, key), (part, whole, amount) in parts.items():
            event = UsageEvent.objects.get(account_id=account, event_start=start, id=key)
            priced = self._price(event, part)
            if priced is None:
                priced = round_places(amount * part / whole, PLACES)
            least, most = sorted((ZERO, amount))
            found[key] = min(max(priced, least), most)
        return found

    def _price(self, event: UsageEvent, part: Decimal) -> Decimal | None:
        """Return the amount of an event of the size of the part; None if it has no price now."""
        guides = self._tools.get(event.on_date)
        if guides is None:
            prices = EventPrices(on_date=event.on_date)
            guides = self._tools[event.on_date] = Guides(charges=usage_charges(), prices=prices)
        guides.learn(self._cursor, [(event.identifier_type, event.identifier)])
        row = stored_row(event)._replace(quantity=f"{part.normalize():f}", value=part)
        found = guides.find(row)
        if isinstance(found, Guided) and isinstance(found.amount, Decimal):
            return found.amount
        return None
