"""When a charge and its price are complete (2.11, UNIT-2, TIER-1)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, Protocol

from catalog.rules.pricing import COUNTED, TIERED, PriceTerms
from catalog.rules.selection import Candidate


class Problem(NamedTuple):
    """One thing that is missing or contradictory: which rule, where, in words."""

    rule: str
    where: str
    message: str


class ChargeFacts(Protocol):
    """What of a charge the checklist reads."""

    @property
    def code(self) -> str:
        """Name the charge."""

    @property
    def model(self) -> str:
        """Name the price model."""

    @property
    def rounding(self) -> str:
        """Say LINE or EVENT."""

    @property
    def kind(self) -> str:
        """Say RECURRING, USAGE or ONE_TIME."""

    @property
    def tax_category(self) -> str:
        """Name the tax category of the product, "" for none."""

    @property
    def gl_code(self) -> str:
        """Name the GL code of the product, "" for none."""

    @property
    def revenue_rule(self) -> str:
        """Name the revenue rule of the product, "" for none."""

    @property
    def price_attributes(self) -> tuple[str, ...]:
        """Name the attributes that a price may ask for."""


def charge_problems(charge: ChargeFacts) -> Iterator[Problem]:
    """Say what keeps a charge from being billed, taxed, posted and recognised."""
    for value, what in (
        (charge.tax_category, "tax category"),
        (charge.gl_code, "GL code"),
        (charge.revenue_rule, "revenue rule"),
    ):
        if not value:
            message = f"{charge.code}: its product has no {what}."
            yield Problem("PUBLISH", charge.code, message)
    if charge.rounding == "EVENT" and charge.model in COUNTED:
        message = (
            f"{charge.code}: a {charge.model} price counts across events and cannot round each."
        )
        yield Problem("UNIT-2", charge.code, message)


def price_problems(charge: ChargeFacts, candidate: Candidate) -> Iterator[Problem]:
    """Say what is missing or too much in a price of the charge's model."""
    terms = candidate.terms
    yield from _values(terms)
    yield from _tiers(terms)
    known = set(charge.price_attributes)
    for name, _ in candidate.attributes:
        if name not in known:
            message = f"The charge is not priced by the attribute {name}."
            yield Problem("PRC-3", "attributes", message)


# What each model prices by; anything else that is not zero was meant for another model.
_USES = {
    "FLAT": {"flat_amount"},
    "PER_UNIT": {"unit_price"},
    "PACKAGE": {"unit_price"},
    "OVERAGE": {"unit_price", "included"},
    "PERCENT": {"percent", "flat_amount"},
    "GRADUATED": set(),
    "VOLUME": set(),
    "STAIRSTEP": set(),
}
_WORDS = {
    "flat_amount": "flat amount",
    "unit_price": "unit price",
    "percent": "percentage",
    "included": "included quantity",
}


def _values(terms: PriceTerms) -> Iterator[Problem]:
    for name, words in _WORDS.items():
        value: Decimal = getattr(terms, name)
        if value and name not in _USES[terms.model]:
            yield Problem("TIER-2", name, f"A {terms.model} price has no {words}.")
    if terms.model == "PERCENT" and not (terms.percent or terms.flat_amount):
        yield Problem("TIER-2", "percent", "A PERCENT price needs a percentage or a flat amount.")
    if terms.model != "PACKAGE" and terms.package_size != 1:
        yield Problem("TIER-2", "package_size", f"A {terms.model} price has no package size.")


def _tiers(terms: PriceTerms) -> Iterator[Problem]:
    if terms.model not in TIERED:
        if terms.tiers:
            yield Problem("TIER-2", "tiers", f"A {terms.model} price has no tiers.")
        return
    if not terms.tiers:
        yield Problem("TIER-1", "tiers", f"A {terms.model} price needs tiers.")
        return
    lower = Decimal(0)
    for number, tier in enumerate(terms.tiers, 1):
        last = number == len(terms.tiers)
        if tier.upper is None and not last:
            yield Problem("TIER-1", f"tier {number}", "Only the last tier has no end.")
        if tier.upper is not None and tier.upper <= lower:
            message = f"Tier {number} ends at {tier.upper:f}, not above {lower:f}."
            yield Problem("TIER-1", f"tier {number}", message)
        if last and tier.upper is not None:
            message = f"Above {tier.upper:f} there is no price; the last tier must have no end."
            yield Problem("TIER-1", f"tier {number}", message)
        if terms.model == "STAIRSTEP" and tier.unit_price:
            message = "A step costs a flat amount, not a price per unit."
            yield Problem("TIER-2", f"tier {number}", message)
        lower = tier.upper or lower
