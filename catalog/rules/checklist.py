"""When a charge and its price are complete (2.11, UNIT-2, TIER-1)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, Protocol

from catalog.rules.counter_checks import counter_problems, fall_of
from catalog.rules.pricing import CELLED, COUNTED, ROWED, PriceTerms
from catalog.rules.selection import Candidate, attribute_pairs
from catalog.rules.thresholds import LimitedCharge, threshold_problems


class Problem(NamedTuple):
    """One thing that is missing or contradictory: which rule, where, in words."""

    rule: str
    where: str
    message: str


class ChargeFacts(LimitedCharge, Protocol):
    """What of a charge the checklist reads, beside what decides its counter and limits."""

    @property
    def model(self) -> str:
        """Name the price model."""

    @property
    def billed_through(self) -> str:
        """Say PERIOD_END or RUN_DATE."""

    @property
    def granularity(self) -> str:
        """Say DAY or SECOND."""

    @property
    def convention(self) -> str:
        """Name the proration convention."""

    @property
    def split_on_price_change(self) -> bool:
        """Say whether each price of a period counts for its own days."""

    @property
    def partial_policies(self) -> tuple[str, str, str, str]:
        """Name the policies of start, end, change and the day of a change."""

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
    def units_fit(self) -> bool:
        """Say whether the unit of the price measures what the usage is counted in."""

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
    if charge.model == "PER_DAY" and charge.kind != "RECURRING":
        message = f"{charge.code}: a PER_DAY price is of a recurring charge; choose that kind."
        yield Problem("TIER-2", charge.code, message)
    if charge.model in ("P95_BURST", "HIGH_WATER") and charge.kind != "USAGE":
        message = f"{charge.code}: a {charge.model} price is of usage; choose that kind."
        yield Problem("UNIT-3", charge.code, message)
    if charge.billed_through == "RUN_DATE" and charge.kind != "RECURRING":
        message = f"{charge.code}: only a recurring charge is billed up to the day of the run."
        yield Problem("PER-8", charge.code, message)
    elif charge.billed_through == "RUN_DATE" and charge.timing != "ARREARS":
        message = f"{charge.code}: what is billed up to the day of the run is billed in arrears."
        yield Problem("PER-8", charge.code, message)
    for why in threshold_problems(charge):
        yield Problem("UNIT-8", charge.code, f"{charge.code}: {why}")
    if charge.granularity == "SECOND" and not _counts_seconds(charge):
        message = (
            f"{charge.code}: a charge that is counted to the second is recurring, prorated by "
            "seconds at its start, change and end, and takes one price a period."
        )
        yield Problem("PRO-5", charge.code, message)
    if not charge.units_fit:
        message = (
            f"{charge.code}: the unit of the price does not measure what the usage is counted "
            "in; choose a unit of the same dimension."
        )
        yield Problem("UNIT-7", charge.code, message)
    if charge.metric is not None and charge.rounding == "EVENT":
        message = (
            f"{charge.code}: usage that is not a plain sum is priced by the period; choose "
            "rounding of the line."
        )
        yield Problem("UNIT-2", charge.code, message)
    if charge.model in CELLED and not charge.price_attributes:
        message = (
            f"{charge.code}: a matrix is priced by attributes; name them in the price attributes "
            "of the charge."
        )
        yield Problem("PRC-3", charge.code, message)
    if charge.rounding == "EVENT" and charge.model in COUNTED:
        message = (
            f"{charge.code}: a {charge.model} price counts across events and cannot round each."
        )
        yield Problem("UNIT-2", charge.code, message)
    for why in counter_problems(charge):
        yield Problem("TIER-3", charge.code, f"{charge.code}: {why}")


def _counts_seconds(charge: ChargeFacts) -> bool:
    return (
        charge.kind == "RECURRING"
        and charge.convention == "SECONDS"
        and charge.model != "PER_DAY"
        and charge.alignment != "TERM"
        and not charge.split_on_price_change
        and charge.partial_policies == ("PRORATE", "PRORATE", "PRORATE", "NEW")
    )


def price_problems(charge: ChargeFacts, candidate: Candidate) -> Iterator[Problem]:
    """Say what is missing or too much in a price of the charge's model."""
    terms = candidate.terms
    yield from _values(terms, charge.rounding)
    if terms.model in CELLED:
        yield from _cells(charge, terms)
    else:
        yield from _tiers(terms)
    if (charge.counter_scope, charge.tier_reset) != ("SUBSCRIPTION", "PERIOD"):
        yield from _counted(charge, terms)
    known = set(charge.price_attributes)
    for name, _ in candidate.attributes:
        if name not in known:
            message = f"The charge is not priced by the attribute {name}."
            yield Problem("PRC-3", "attributes", message)


def _counted(charge: ChargeFacts, terms: PriceTerms) -> Iterator[Problem]:
    """Say what keeps a price from being counted otherwise than by subscription and period."""
    if terms.counts_transactions:
        message = (
            "Transactions are priced in the order of one subscription and period; let the "
            "counter of the charge be by subscription and period."
        )
        yield Problem("TIER-3", "counter", message)
    if charge.tier_reset != "PERIOD" and (fall := fall_of(terms)):
        yield Problem("TIER-3", "tiers", fall[0].upper() + fall[1:])


# What each model prices by; anything else that is not zero was meant for another model.
_USES = {
    "FLAT": {"flat_amount"},
    "PER_UNIT": {"unit_price"},
    "PACKAGE": {"unit_price", "included"},
    "OVERAGE": {"unit_price", "included"},
    "PERCENT": {"percent", "flat_amount", "free_events", "free_amount"},
    "GRADUATED": set(),
    "VOLUME": set(),
    "STAIRSTEP": set(),
    "GRADUATED_PERCENT": set(),
    "DYNAMIC": {"percent"},
    "MATRIX": set(),
    "PER_DAY": {"unit_price"},
    "P95_BURST": {"unit_price", "included", "flat_amount"},
    "HIGH_WATER": {"unit_price"},
    "SLOTS": set(),
}
_BY_EVENT = {"event_fee", "event_min", "event_max"}
_WORDS = {
    "flat_amount": "flat amount",
    "unit_price": "unit price",
    "percent": "percentage",
    "included": "included quantity",
    "free_events": "free transactions",
    "free_amount": "free amount",
}
_EVENT_WORDS = {
    "event_fee": "fee of each event",
    "event_min": "least amount of an event",
    "event_max": "greatest amount of an event",
}


def _values(terms: PriceTerms, rounding: str) -> Iterator[Problem]:
    for name, words in _EVENT_WORDS.items():
        if getattr(terms, name) and rounding != "EVENT" and terms.model != "PERCENT":
            message = f"Only a charge that rounds by event, or PERCENT, has a {words}."
            yield Problem("UNIT-2", name, message)
    if rounding == "EVENT" and (terms.free_events or terms.free_amount):
        message = (
            "Which transactions are free depends on those before them; let the charge round by "
            "line."
        )
        yield Problem("UNIT-9", "free_events", message)
    for name, words in _WORDS.items():
        value: Decimal = getattr(terms, name)
        if value and name not in _USES[terms.model]:
            yield Problem("TIER-2", name, f"A {terms.model} price has no {words}.")
    if terms.model == "PERCENT" and not (terms.percent or terms.flat_amount):
        yield Problem("TIER-2", "percent", "A PERCENT price needs a percentage or a flat amount.")
    if terms.model != "PACKAGE" and terms.package_size != 1:
        yield Problem("TIER-2", "package_size", f"A {terms.model} price has no package size.")


def _cells(charge: ChargeFacts, terms: PriceTerms) -> Iterator[Problem]:
    """Say what keeps a matrix from giving one price to every event (PRC-3)."""
    if not any(tier.cell == "*" for tier in terms.tiers):
        message = (
            "The matrix has no cell for what matches no other; add the cell *, at a price of zero "
            "if that is free."
        )
        yield Problem("TIER-2", "tiers", message)
    known = set(charge.price_attributes)
    for tier in terms.tiers:
        if not tier.cell:
            yield Problem("TIER-2", "tiers", "A matrix has cells, not tiers; name the cell.")
        for name, _ in attribute_pairs(tier.cell or "*"):
            if name not in known:
                message = (
                    f"The cell {tier.cell} asks for {name}, by which the charge is not priced; "
                    "add it to the price attributes of the charge."
                )
                yield Problem("PRC-3", "tiers", message)
    yield from _rival_cells([tier.cell for tier in terms.tiers if tier.cell])


def _rival_cells(cells: list[str]) -> Iterator[Problem]:
    """Find cells of equal rank that one event can match, with no cell that settles it."""
    sets = {frozenset(attribute_pairs(cell)) for cell in cells}
    groups: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for cell in cells:
        names = tuple(name for name, _ in attribute_pairs(cell))
        groups.setdefault((len(names), names), []).append(cell)
    for (size, names), ones in groups.items():
        for (other_size, other_names), others in groups.items():
            if size != other_size or names >= other_names:
                continue
            for one, other in itertools.product(ones, others):
                both = frozenset(attribute_pairs(one)) | frozenset(attribute_pairs(other))
                if _meet(one, other) and both not in sets:
                    message = (
                        f"The cells {one} and {other} can both match an event; add the cell that "
                        "names the attributes of both."
                    )
                    yield Problem("PRC-3", "tiers", message)
                    return


def _meet(one: str, other: str) -> bool:
    """Say whether an event can match both cells."""
    first = dict(attribute_pairs(one))
    return all(first.get(name, value) == value for name, value in attribute_pairs(other))


def _tiers(terms: PriceTerms) -> Iterator[Problem]:
    if terms.model not in ROWED:
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
