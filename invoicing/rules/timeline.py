"""What a charge owes for a full period by its timeline (CHG-2, PRO-1, PRO-2).

A timeline is a list of segments in order of time, as the subscription keeps them. The policies of
the charge decide what a segment that begins, changes or ends inside the period counts for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

DAY = timedelta(days=1)
FOREVER = date.max
PRORATE = "PRORATE"
OFF = "OFF"
FATES = {"PRORATED": PRORATE, "KEPT": "KEEP", "FREED": "FREE"}
"""What the state of a last segment says of its end, before the policy of the charge (PRO-2)."""


class Segment(NamedTuple):
    """A stretch of a timeline: `[start, end)`, quantity, own price if any, state.

    `price_day` is the day whose prices are locked, None while they float.
    """

    start: date
    end: date
    quantity: Decimal
    override: Decimal | None
    state: str
    price_day: date | None = None


class Policies(NamedTuple):
    """How a charge treats parts of a period at its start, its end and a change (PRO-2)."""

    start: str = PRORATE  # PRORATE, FULL, FREE or MERGE
    end: str = PRORATE  # PRORATE, KEEP, FREE or MERGE
    change: str = PRORATE  # PRORATE or NEXT_PERIOD
    change_day: str = "NEW"  # whose the day of a change is: NEW, OLD or BOTH (PRO-5)


PLAIN = Policies()


class Piece(NamedTuple):
    """A part of a full period that is owed; `counted_from/to` is what the factor is taken of.

    One of a charge that is counted to the second has its share already, the `moments` that it is
    taken of, and a `suffix` for its identity.
    """

    start: date
    end: date
    quantity: Decimal
    override: Decimal | None
    state: str
    counted_from: date
    counted_to: date
    price_day: date | None = None
    share: Decimal | None = None
    moments: tuple[datetime, datetime] | None = None
    suffix: str = ""


def pieces(
    segments: Sequence[Segment], start: date, end: date, policies: Policies = PLAIN
) -> list[Piece]:
    """Return what is owed inside the full period `[start, end)`, in order of time.

    Segments that are off owe nothing; neighbours with equal price, quantity and state are one
    piece (PRO-1).
    """
    found: list[Piece] = []
    for segment in segments:
        if segment.end <= start:
            continue
        if segment.start >= end:
            break
        if segment.state == OFF:
            continue
        first = segment.start if segment.start > start else start
        last = segment.end if segment.end < end else end
        if found and _continues(found[-1], segment, first):
            found[-1] = found[-1]._replace(end=last, counted_to=last)
        else:
            _, _, quantity, override, state, day = segment
            found.append(Piece(first, last, quantity, override, state, first, last, day))
    if not found or (policies is PLAIN and found[-1].state not in FATES):
        return found
    return _by_policy(segments, found, start, end, policies)


def _continues(piece: Piece, segment: Segment, first: date) -> bool:
    return (
        piece.end == first
        and piece.quantity == segment.quantity
        and piece.override == segment.override
        and piece.state == segment.state
        and piece.price_day == segment.price_day
    )


def _by_policy(
    segments: Sequence[Segment],
    found: list[Piece],
    start: date,
    end: date,
    policies: Policies,
) -> list[Piece]:
    """Apply the policies of start, end and change to prorated pieces (PRO-2, PRO-5).

    A first or last partial period is free as a whole, whatever changed inside it. MERGE prorates
    here; it moves the day on which the part is due.
    """
    if len(found) > 1:
        if policies.change == "NEXT_PERIOD":
            found = _changes_wait(found)
        elif policies.change_day != "NEW":
            found = _change_days(found, policies.change_day)
    first, last = found[0], found[-1]
    at_end = FATES.get(last.state, policies.end)
    begins_here = first.start > start and not _owed_before(segments, first.start)
    ends_here = last.end < end and not _owed_after(segments, last.end)
    if (begins_here and policies.start == "FREE") or (ends_here and at_end == "FREE"):
        return []
    if begins_here and policies.start == "FULL":
        found[0] = found[0]._replace(counted_from=start)
    if ends_here and at_end == "KEEP":
        found[-1] = found[-1]._replace(end=end, counted_to=end)
    return found


def _change_days(found: list[Piece], owner: str) -> list[Piece]:
    """Give the day of each change to the old state, or charge it for both (PRO-5).

    A change on the first day of a period divides nothing: the day is the new state's.
    """
    shifted = list(found)
    for number, (old, new) in enumerate(pairwise(found)):
        if old.end != new.start:
            continue
        day = new.start + DAY
        shifted[number] = shifted[number]._replace(end=day, counted_to=day)
        if owner == "OLD":
            shifted[number + 1] = new._replace(start=day, counted_from=day)
    return [one for one in shifted if one.start < one.end]


def _changes_wait(found: list[Piece]) -> list[Piece]:
    """Let the quantity and price of the first piece hold until it is interrupted or ends."""
    kept = [found[0]]
    for piece in found[1:]:
        if piece.start == kept[-1].end:
            kept[-1] = kept[-1]._replace(end=piece.end, counted_to=piece.end)
        else:
            kept.append(piece)
    return kept


def _owed_before(segments: Sequence[Segment], day: date) -> bool:
    return any(one.start < day and one.state != OFF for one in segments)


def _owed_after(segments: Sequence[Segment], day: date) -> bool:
    return any(one.end > day and one.state != OFF for one in segments)
