"""A price as the engine reads it, and the calculation that it answers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final, NamedTuple

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
EXACT: Final = Context(prec=60)
"""Digits of exact arithmetic: quantity (24) times price (22) is exact (NUM-3 asks 34)."""

BY_QUANTITY: Final = frozenset({"GRADUATED", "GRADUATED_PERCENT", "VOLUME", "STAIRSTEP"})
SLOTTED: Final = frozenset({"SLOTS"})
"""Models whose tiers count within one event, from its start (UNIT-5)."""

TIERED: Final = BY_QUANTITY | SLOTTED
CELLED: Final = frozenset({"MATRIX"})
"""Models whose rows are cells named by attributes, not tiers of a quantity."""

ROWED: Final = TIERED | CELLED
# The price of one event depends on those before it, so an event cannot be rounded by itself.
COUNTED: Final = BY_QUANTITY | {"PACKAGE", "OVERAGE", "P95_BURST", "HIGH_WATER"}
LINEAR: Final = frozenset({"PER_UNIT", "PERCENT", "DYNAMIC", "MATRIX", "PER_DAY"})
"""Models that price a correction, a negative quantity, as the mirror of what it corrects."""

MIRRORED: Final = LINEAR | SLOTTED
"""Models of which one event is priced by its size, and a correction is its mirror."""


class CannotPriceQuantity(Exception):
    """The quantity has no price under these terms."""

    rule = "TIER-2"


class Tier(NamedTuple):
    """Cover (previous upper, upper]; an upper of None has no end (TIER-1).

    Of a MATRIX price it is a cell: `cell` is the canonical key of its attributes, `*` the cell of
    what matches no other. Of GRADUATED_PERCENT `unit_price` is a fraction of the money.
    """

    upper: Decimal | None
    unit_price: Decimal
    flat_amount: Decimal
    cell: str = ""


def ordered_cells(tiers: Iterable[Tier]) -> tuple[Tier, ...]:
    """Return cells by name, `*` last, so that equal matrices are equal; tiers as they are."""
    found = tuple(tiers)
    if not any(tier.cell for tier in found):
        return found
    return tuple(sorted(found, key=lambda tier: (tier.cell == "*", tier.cell)))


class TierRow(NamedTuple):
    """One row of the calculation: how much of the quantity met which tier, and what it cost."""

    tier: int
    quantity: Decimal
    unit_price: Decimal
    flat_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """A price version as the engine reads it, with the policies of its charge.

    FLAT costs `flat_amount` whatever the quantity; `package_size` is the package of PACKAGE;
    `included` the quantity that is free (PACKAGE, OVERAGE, P95_BURST); `percent` a fraction: of
    PERCENT the share, of DYNAMIC the markup. `min_amount` and `max_amount` bound the amount of the
    whole quantity; `event_min` and `event_max` that of one event, which also bears `event_fee`.
    The first `free_events` transactions, up to `free_amount` of money, are free (PERCENT).
    `bill_zero` prices a quantity of zero.

    Policies: `upper_exclusive` gives a tier's upper bound to the tier above; `empty_tier_flat`
    charges the flat amount of the first tier for a quantity of zero; `bounds_prorated` prorates
    minimum and maximum with the amount; `tier_after_proration` chooses the tier by the prorated
    quantity.
    """

    price_version_id: int
    model: str
    currency: str
    unit_price: Decimal = ZERO
    flat_amount: Decimal = ZERO
    percent: Decimal = ZERO
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    package_size: Decimal = ONE
    included: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    tax_inclusive: bool = False
    bill_zero: bool = False
    is_override: bool = False
    event_fee: Decimal = ZERO
    event_min: Decimal | None = None
    event_max: Decimal | None = None
    free_events: int = 0
    free_amount: Decimal = ZERO
    upper_exclusive: bool = False
    empty_tier_flat: bool = False
    bounds_prorated: bool = True
    tier_after_proration: bool = False
    cell: str = ""
    linear: Decimal | None = field(default=None, init=False)
    """The unit price where the amount is nothing but quantity times unit price."""

    def __post_init__(self) -> None:
        """Mark the terms that need no care."""
        if self.model == "PER_UNIT" and self.min_amount is None and self.max_amount is None:
            object.__setattr__(self, "linear", self.unit_price)

    @property
    def counts_transactions(self) -> bool:
        """Say whether every event is priced for itself, in order of time (UNIT-9)."""
        return self.model == "PERCENT" and bool(
            self.free_events
            or self.free_amount
            or self.event_fee
            or self.event_min is not None
            or self.event_max is not None
        )


class Priced(NamedTuple):
    """An amount and the calculation that made it.

    `unit_price` is what a document shows: the price per unit, per package, the flat amount or the
    percentage; for GRADUATED the mean price, to ten places.
    """

    amount_exact: Decimal
    amount: Decimal
    unit_price: Decimal
    rows: tuple[TierRow, ...]
    terms: PriceTerms
    quantity: Decimal
    factor: Decimal
    bound: str = ""

    @property
    def explain(self) -> dict[str, object]:
        """Tell the calculation in plain values, fit for JSON (lineage, decision D11)."""
        facts: dict[str, object] = {
            "price_version_id": self.terms.price_version_id,
            "model": self.terms.model,
            "quantity": str(self.quantity),
            "unit_price": str(self.unit_price),
            "factor": str(self.factor),
            "amount_exact": str(self.amount_exact),
            "amount": str(self.amount),
        }
        if self.rows:
            facts["rows"] = [
                {
                    "tier": row.tier,
                    "quantity": str(row.quantity),
                    "unit_price": str(row.unit_price),
                    "flat_amount": str(row.flat_amount),
                    "amount": str(row.amount),
                }
                for row in self.rows
            ]
        if self.terms.cell:
            facts["cell"] = self.terms.cell
        if self.bound:
            facts["bound"] = self.bound
        if self.terms.is_override:
            facts["override"] = True
        return facts
