"""Split billing: which payer bills a charge for which full periods, and up to what (HIER-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from invoicing.rules.difference import ONE, ZERO, Target

Rooms = dict[tuple[int, int, int], Decimal]
"""What is left of a cap, by redirection, year and month in which a full period begins."""


class Redirection(NamedTuple):
    """A rule of an account; what it is limited to is empty when it takes all."""

    id: int
    payer_id: int
    starts: date
    ends: date
    cap: Decimal | None
    product_id: int | None
    section: str
    charges: frozenset[int] | None

    def takes(self, own_id: int, product_id: int, section: str) -> bool:
        """Tell whether it is about a charge of a subscription."""
        return (
            (self.charges is None or own_id in self.charges)
            and self.product_id in (None, product_id)
            and self.section in ("", section)
        )


@dataclass(frozen=True, slots=True)
class Cap:
    """A part of each amount: what the redirection takes up to its cap, or what goes beyond."""

    redirection_id: int
    amount: Decimal
    is_beyond: bool
    rooms: Rooms = field(compare=False, hash=False)


class Stretch(NamedTuple):
    """Full periods that begin in `[starts, ends)` are the payer's, up to or beyond a cap."""

    starts: date
    ends: date
    cap: Cap | None = None


Span = tuple[int, date, date]
"""Payer, first day, end."""


def stretches(
    spans: Sequence[Span], rules: Sequence[Redirection], rooms: Mapping[int, Rooms]
) -> dict[int, tuple[Stretch, ...]]:
    """Return by payer the days on which a charge is billed to it.

    `spans` say who pays for the account, `rules` are the redirections that take the charge, the
    most specific first; the first in force on a day holds. One to the payer itself changes
    nothing. `rooms` holds what is left of the caps, by payer.
    """
    found: dict[int, list[Stretch]] = {}
    days = sorted({day for _, *both in spans for day in both}
                  | {day for one in rules for day in (one.starts, one.ends)})  # fmt: skip
    for start, end in pairwise(days):
        rule = next((one for one in rules if one.starts <= start and end <= one.ends), None)
        own = next((payer for payer, since, until in spans if since <= start and end <= until), 0)
        if rule is None or rule.payer_id == own:
            _add(found, own, start, end, None)
        elif rule.cap is None:
            _add(found, rule.payer_id, start, end, None)
        else:
            for payer, is_beyond in ((rule.payer_id, False), (own, True)):
                if payer in rooms:
                    cap = Cap(rule.id, rule.cap, is_beyond, rooms[payer])
                    _add(found, payer, start, end, cap)
    return {payer: tuple(each) for payer, each in found.items() if payer in rooms}


def _add(
    found: dict[int, list[Stretch]], payer: int, start: date, end: date, cap: Cap | None
) -> None:
    rows = found.setdefault(payer, [])
    if rows and rows[-1].ends == start and rows[-1].cap == cap:
        rows[-1] = rows[-1]._replace(ends=end)
    else:
        rows.append(Stretch(start, end, cap))


def stretch_on(each: Iterable[Stretch], day: date) -> Stretch | None:
    """Return the stretch in which a full period begins."""
    return next((one for one in each if one.starts <= day < one.ends), None)


def shared(targets: Sequence[Target], cap: Cap, day: date) -> list[Target]:
    """Return the payer's part of what a full period that begins on the day owes.

    Amounts fill the cap in the order of the charges, whichever payer is asked; a part of an amount
    shows itself as one of its own. Both parts of an amount have keys of their own.
    """
    key = (cap.redirection_id, day.year, day.month)
    room = cap.rooms.get(key, cap.amount)
    found = []
    for one in targets:
        within = max(ZERO, min(one.amount, room))
        room -= within
        part = one.amount - within if cap.is_beyond else within
        if part == one.amount and (part or cap.is_beyond):
            found.append(one if cap.is_beyond else _of(one, cap))
        elif part:
            cut = one._replace(
                quantity=ONE, unit_price=part, factor=ONE, exact=part, amount=part, trace=None
            )
            found.append(cut if cap.is_beyond else _of(cut, cap))
    cap.rooms[key] = room
    return found


def _of(target: Target, cap: Cap) -> Target:
    return target._replace(price_key=f"{target.price_key}^{cap.redirection_id}")
