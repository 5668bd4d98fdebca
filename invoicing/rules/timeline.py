"""What a charge owes for a full period by its timeline (CHG-2, PRO-1, PRO-2).

A timeline is a list of segments in order of time, as the subscription keeps them. The policies of
the charge decide what a segment that begins, changes or ends inside the period counts for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

FOREVER = date.max
PRORATE = "PRORATE"
OFF = "OFF"


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

    start: str = PRORATE  # PRORATE, FULL or FREE
    end: str = PRORATE  # PRORATE or KEEP
    change: str = PRORATE  # PRORATE or NEXT_PERIOD


PLAIN = Policies()


class Piece(NamedTuple):
    """A part of a full period that is owed; `counted_from/to` is what the factor is taken of."""

    start: date
    end: date
    quantity: Decimal
    override: Decimal | None
    state: str
    counted_from: date
    counted_to: date
    price_day: date | None = None


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
    if policies is PLAIN or not found:
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
    """Apply the policies of start, end and change to prorated pieces (PRO-2)."""
    if policies.change == "NEXT_PERIOD" and len(found) > 1:
        found = _changes_wait(found)
    first = found[0]
    begins_here = first.start > start and not _owed_before(segments, first.start)
    if begins_here and policies.start == "FULL":
        found[0] = first._replace(counted_from=start)
    elif begins_here and policies.start == "FREE":
        found = found[1:] if found[0].end < end else []
    if found and policies.end == "KEEP":
        last = found[-1]
        if last.end < end and not _owed_after(segments, last.end):
            found[-1] = last._replace(end=end, counted_to=end)
    return found


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
