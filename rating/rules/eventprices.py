"""Price one event where the charge rounds by event (UNIT-2 EVENT)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from sys import intern
from typing import NamedTuple

from catalog.rules.events import EXACTLY, Increments, RatedEvent, rate_event
from catalog.rules.pricing import (
    CannotPriceQuantity,
    PriceTerms,
    price_event,
    round_event,
)
from catalog.rules.terms import SLOTTED

CACHE_LIMIT = 10_000
"""Quantities remembered of a price: a call of each second of two hours and more."""
MOST_AMOUNT = 10**12
"""Of one event: numeric(22, 10)."""
NULL = "\\N"


class AmountTooLarge(CannotPriceQuantity):
    """The amount of the event does not fit its column."""


class Rated(NamedTuple):
    """Say what an event counts and, where it is rated by itself, costs; alike for all alike.

    `amount` is NULL text where it is priced with its line. `text` is the COPY text of the billable
    quantity and, where it is rated by itself, of price version, amount and currency; numbers
    without zeros that say nothing. `seconds` is how long one that is rated by itself lasts,
    rounded up; what takes no time lies within the second in which it begins.
    """

    billable: Decimal
    amount: Decimal | str
    text: str
    seconds: int = 0


def plain(number: Decimal) -> str:
    """Write a number as the database does without its last zeros."""
    if not number:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(increments: Increments, quantity: Decimal) -> Decimal:
    """Round up to increments; a correction mirrors what it corrects (UNIT-1)."""
    size = increments.of(abs(quantity))
    return size if quantity >= 0 else -size


def by_line(billable: Decimal, text: str) -> Rated:
    """Return an event that is priced with the others of its line."""
    return _new(Rated, (billable, NULL, text, 0))


@dataclass(slots=True, eq=False)
class EventPrice:
    """Hold the price of a charge for a day and group; quantities seen before are remembered."""

    terms: PriceTerms
    currency: str
    decimals: int
    mode: str
    increments: Increments = EXACTLY
    unit_seconds: Decimal | None = None
    known: dict[str, Rated] = field(default_factory=dict)
    """What quantities come to, by their text, of events that meet one time band."""
    priced: dict[Decimal, Rated] = field(default_factory=dict)
    """The same by what is billed of them: 61 to 66 seconds in 60/6 are priced once."""

    def rate(self, quantity: Decimal, text: str) -> Rated:
        """Count and price one event of a quantity as it was sent; remembered by its text.

        Raises: CannotPriceQuantity, AmountTooLarge.
        """
        billable = counted(self.increments, quantity)
        if len(self.known) > CACHE_LIMIT:
            self.known.clear()
            self.priced.clear()
        found = self.priced.get(billable)
        if found is None:
            found = self.priced[billable] = self.result(billable, self.amount(billable))
        self.known[intern(text)] = found
        return found

    def amount(self, quantity: Decimal) -> Decimal:
        """Return the amount of one event, rounded by itself, before it is summed.

        Raises: CannotPriceQuantity.
        """
        return round_event(self._exact(quantity), self.decimals, self.mode)

    def result(self, billable: Decimal, amount: Decimal) -> Rated:
        """Return what an event comes to.

        Raises: AmountTooLarge.
        """
        if not -MOST_AMOUNT < amount < MOST_AMOUNT:
            raise AmountTooLarge(f"{amount} is too much for one event")
        version = self.terms.price_version_id
        text = f"{plain(billable)}\t{version}\t{plain(amount)}\t{self.currency}"
        seconds = max(1, ceil(abs(billable) * (self.unit_seconds or 0)))
        return Rated(billable, amount, text, seconds)

    def _exact(self, quantity: Decimal) -> Decimal:
        if self.terms.model in SLOTTED:
            return self.rated(quantity).amount
        return price_event(self.terms, quantity, self.currency)

    def rated(self, quantity: Decimal) -> RatedEvent:
        """Return what an event of a billable quantity costs, unrounded, with every step.

        Raises: CannotPriceQuantity.
        """
        return rate_event(
            lambda _: self.terms, quantity, self.currency, increments=self.increments
        )


@dataclass(slots=True, eq=False)
class BandPrices:
    """The prices of a charge for a day and group by time band (UNIT-5)."""

    by_band: dict[str, EventPrice]

    def rate(self, quantity: Decimal, text: str, cuts: Sequence[tuple[Decimal, str]]) -> Rated:
        """Count and price one event over its bands, rounded by itself.

        Raises: CannotPriceQuantity, AmountTooLarge.
        """
        first = self.by_band[cuts[0][1]]
        if len(cuts) == 1:
            return first.known.get(text) or first.rate(quantity, text)
        billable = counted(first.increments, quantity)
        exact = self.rated(billable, cuts).amount
        return first.result(billable, round_event(exact, first.decimals, first.mode))

    def rated(self, quantity: Decimal, cuts: Sequence[tuple[Decimal, str]]) -> RatedEvent:
        """Return what an event costs over its bands, unrounded, with every step."""
        first = self.by_band[cuts[0][1]]
        return rate_event(
            lambda band: self.by_band[band].terms,
            quantity,
            first.currency,
            cuts=cuts,
            increments=first.increments,
        )


_new = tuple.__new__
