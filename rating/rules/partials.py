"""Calls and sessions that come in parts, and how the parts make one event (RATE step 4)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from rating.rules.reasons import Reason, Rejected
from rating.rules.rows import PREFIX

YES: Final = frozenset({"1", "true", "yes", "y"})
MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class PartTerms:
    """Name the attributes that say which session a row is a part of, the how-manieth, the last."""

    session: str
    sequence: str
    last: str

    @property
    def blank(self) -> str:
        """Return the column that is emptied in a session put together: it is a part no more."""
        return PREFIX + self.sequence

    def session_of(self, attributes: str) -> str:
        """Return the session that a row is a part of, by its attributes as JSON; "" for none.

        Raises: Rejected where it is a part, but not the how-manieth.
        """
        if f'"{self.sequence}":' not in attributes:
            return ""
        pairs = json.loads(attributes)
        session, sequence = pairs.get(self.session, ""), pairs.get(self.sequence, "")
        if not session or not sequence:
            return ""
        if not (sequence.isascii() and sequence.isdigit() and len(sequence) <= MOST_DIGITS):
            raise Rejected(Reason.BAD_ATTRIBUTE, PREFIX + self.sequence, "not a number of a part")
        return str(session)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a session; `id` is of the row that waits, quantities are of the base unit."""

    id: int
    sequence: int
    is_last: bool
    start: datetime
    end: datetime
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Whole:
    """A session put together."""

    start: datetime
    end: datetime
    quantity: Decimal


def is_whole(parts: Sequence[Part]) -> bool:
    """Tell whether nothing lacks: parts from 0 or 1 on without a gap, the last marked as such."""
    numbers = sorted(part.sequence for part in parts)
    last = max(parts, key=lambda part: part.sequence)
    return (
        numbers[0] <= 1
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and last.is_last
    )


def put_together(parts: Sequence[Part]) -> Whole:
    """Return the session from the first begin to the last end, with the sum of its quantities.

    The order in which parts came makes no difference.
    """
    return Whole(
        min(part.start for part in parts),
        max(part.end for part in parts),
        sum((part.quantity for part in parts), Decimal(0)),
    )


def first_and_again(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Part the parts into the first of each number, in their order, and those that came again."""
    kept: dict[int, Part] = {}
    again = []
    for part in sorted(parts, key=lambda one: one.id):
        if kept.setdefault(part.sequence, part) is not part:
            again.append(part)
    return [kept[number] for number in sorted(kept)], again
