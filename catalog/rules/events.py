"""What one event costs over time bands and rate slots, in closed form (UNIT-1, UNIT-5).

Positions are quantities from the event's start. Work grows with the bands and slots that an event
meets, never with its increments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from catalog.rules.pricing import price, within, within_bounds
from catalog.rules.quantities import billable
from catalog.rules.terms import EXACT, ZERO, PriceTerms, Tier

SPLIT: Final = frozenset({"PER_UNIT", "MATRIX", "SLOTS"})
"""Models that price an event piece by piece; others price it whole, by the band it begins in."""

_multiply = EXACT.multiply


class Increments(NamedTuple):
    """The first and the following increments of an event, and how its quantity is rounded."""

    first: Decimal = ZERO
    following: Decimal = ZERO
    mode: str = "UP"

    def of(self, quantity: Decimal) -> Decimal:
        """Return the billable quantity (UNIT-1)."""
        return billable(quantity, first=self.first, following=self.following, mode=self.mode)

    def begun(self, position: Decimal) -> Decimal:
        """Return the first increment that begins at or after a position."""
        return billable(position, first=self.first, following=self.following)


EXACTLY: Final = Increments()


class EventPiece(NamedTuple):
    """A stretch of an event with one price: its band, slot (0 for none), and what it costs."""

    start: Decimal
    end: Decimal
    band: str
    slot: int
    unit_price: Decimal
    flat_amount: Decimal
    amount: Decimal


class RatedEvent(NamedTuple):
    """What an event costs, unrounded, and every step that led there."""

    quantity: Decimal
    amount: Decimal
    pieces: tuple[EventPiece, ...]
    fee: Decimal
    bound: str
    terms: PriceTerms


def rate_event(
    terms_of: Callable[[str], PriceTerms],
    quantity: Decimal,
    currency: str,
    *,
    cuts: Sequence[tuple[Decimal, str]] = ((ZERO, ""),),
    increments: Increments = EXACTLY,
) -> RatedEvent:
    """Price one event, whose quantity may be unrounded or billable; a correction is a mirror.

    `cuts` are the positions at which bands begin, the first at zero. An increment costs what the
    band and slot say in which it begins, whole; the fee, least and greatest amount are those of
    the first band; zero costs nothing and bears no fee.

    100 seconds in 60/6 begin 20 seconds before the cheap band: 60 of them are dear, 42 cheap.

    Raises: CannotPriceQuantity.
    """
    size = increments.of(abs(quantity))
    terms = terms_of(cuts[0][1])
    if not size:
        return RatedEvent(size, ZERO, (), ZERO, "", terms)
    if terms.model not in SPLIT:
        amount = price(terms, size, currency).amount_exact
        pieces = [EventPiece(ZERO, size, cuts[0][1], 0, ZERO, ZERO, amount)]
    else:
        pieces = list(_pieces(terms_of, size, cuts, increments))
        amount = sum((one.amount for one in pieces), ZERO)
        amount, _ = within_bounds(terms, amount)
    amount, bound = within(amount + terms.event_fee, terms.event_min, terms.event_max)
    if quantity < 0:
        size, amount = -size, -amount
    return RatedEvent(size, amount, tuple(pieces), terms.event_fee, bound, terms)


def _pieces(
    terms_of: Callable[[str], PriceTerms],
    size: Decimal,
    cuts: Sequence[tuple[Decimal, str]],
    increments: Increments,
) -> Iterator[EventPiece]:
    """Yield the pieces of an event: bands first, then the slots inside each."""
    begins = [(increments.begun(position), band) for position, band in cuts]
    begins.append((size, ""))
    for (start, band), (end, _) in itertools.pairwise(begins):
        end = min(end, size)
        if start >= end:
            continue
        terms = terms_of(band)
        if terms.model == "SLOTS":
            yield from _slots(terms, start, end, band, increments)
            continue
        flat = terms.flat_amount if start == ZERO else ZERO
        amount = _multiply(end - start, terms.unit_price) + flat
        yield EventPiece(start, end, band, 0, terms.unit_price, flat, amount)


def _slots(
    terms: PriceTerms, start: Decimal, end: Decimal, band: str, increments: Increments
) -> Iterator[EventPiece]:
    """Yield the slots of a band; they count from the event's start, not from the band's."""
    lower = ZERO
    for number, tier in enumerate(terms.tiers, 1):
        upper = end if tier.upper is None else increments.begun(tier.upper)
        first, last = max(lower, start), min(upper, end)
        if first < last:
            flat = _flat(tier, begins_here=first == lower)
            amount = _multiply(last - first, tier.unit_price) + flat
            yield EventPiece(first, last, band, number, tier.unit_price, flat, amount)
        lower = max(lower, upper)


def _flat(tier: Tier, *, begins_here: bool) -> Decimal:
    """Return the flat amount of a slot, charged where the event enters it."""
    return tier.flat_amount if begins_here else ZERO
