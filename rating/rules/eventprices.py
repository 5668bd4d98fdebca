"""Price one event where the charge rounds by event (UNIT-2 EVENT)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.rules.events import EXACTLY, Increments, RatedEvent, rate_event
from catalog.rules.pricing import PriceTerms, price_event, round_event
from catalog.rules.terms import SLOTTED

CACHE_LIMIT = 50_000


@dataclass(slots=True, eq=False)
class EventPrice:
    """Hold the price of a charge for a day and group; quantities seen before are remembered."""

    terms: PriceTerms
    currency: str
    decimals: int
    mode: str
    increments: Increments = EXACTLY
    version: str = ""
    amounts: dict[Decimal, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write the price version once as text."""
        self.version = str(self.terms.price_version_id)

    def amount(self, quantity: Decimal) -> Decimal:
        """Return the amount of one event, rounded by itself, before it is summed.

        Raises: CannotPriceQuantity.
        """
        known = self.amounts.get(quantity)
        if known is None:
            exact = self._exact(quantity)
            known = round_event(exact, self.decimals, self.mode)
            if len(self.amounts) > CACHE_LIMIT:
                self.amounts.clear()
            self.amounts[quantity] = known
        return known

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

    def amount(self, quantity: Decimal, cuts: Sequence[tuple[Decimal, str]]) -> Decimal:
        """Return the amount of one event over its bands, rounded by itself.

        Raises: CannotPriceQuantity.
        """
        first = self.by_band[cuts[0][1]]
        if len(cuts) == 1:
            return first.amounts.get(quantity) or first.amount(quantity)
        exact = self.rated(quantity, cuts).amount
        return round_event(exact, first.decimals, first.mode)

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
