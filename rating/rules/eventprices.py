"""Price one event where the charge rounds by event (UNIT-2 EVENT)."""

from dataclasses import dataclass, field
from decimal import Decimal

from catalog.rules.pricing import PriceTerms, price_event, round_event

CACHE_LIMIT = 50_000


@dataclass(slots=True, eq=False)
class EventPrice:
    """Hold the price of a charge for a day and group; quantities seen before are remembered."""

    terms: PriceTerms
    currency: str
    decimals: int
    mode: str
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
            exact = price_event(self.terms, quantity, self.currency)
            known = round_event(exact, self.decimals, self.mode)
            if len(self.amounts) > CACHE_LIMIT:
                self.amounts.clear()
            self.amounts[quantity] = known
        return known
