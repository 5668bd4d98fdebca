"""What a bundle must say before it is sold (P8), and how its one price is shared (TAX-16)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from catalog.rules.checklist import Problem
from foundation.money import allocate, quantize, round_places

SHAREABLE: Final = frozenset({"FLAT", "PER_UNIT"})
"""Models with one price, which a share can take the place of."""

PRICE_PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class PartCharge:
    """What of a charge decides whether it can take or give a share of a price.

    `rhythm` is when it is billed and prorated: of equal rhythm, shares add up every period.
    """

    code: str
    kind: str
    model: str
    rhythm: tuple[object, ...]
    tax_category: str
    is_distinct: bool


@dataclass(frozen=True, slots=True)
class PartDiscount:
    """A discount of a component: in which currency ("": any), and whether it can be given."""

    code: str
    currency: str
    is_of_subscription: bool
    may_be_given: bool


@dataclass(frozen=True, slots=True)
class PartFacts:
    """A component as the checklist and the order read it.

    `unsold_on` is the first day of the bundle's sale window on which its offer is not sold;
    `unpriced` the charges and currencies without a price on the first day of sale.
    """

    offer: str
    treatment: str
    ssp_weight: Decimal | None
    charges: tuple[PartCharge, ...] = ()
    discounts: tuple[PartDiscount, ...] = ()
    unsold_on: object | None = None
    unpriced: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """An offer version with its components, and the currencies that it is sold in."""

    ssp_weight: Decimal | None
    charges: tuple[PartCharge, ...]
    parts: tuple[PartFacts, ...]
    currencies: tuple[str, ...] = ()


def bundle_problems(bundle: BundleFacts) -> Iterator[Problem]:
    """Say what keeps a bundle from being sold; nothing of an offer without components."""
    if not bundle.parts:
        return
    if not bundle.charges and not bundle.currencies:
        message = "The bundle has no charge of its own; say in which currencies it is sold."
        yield Problem("PRC-1", "", message)
    for part in bundle.parts:
        yield from _part_problems(part, bundle.currencies)
    if is_shared(bundle):
        yield from sharing_problems(bundle)


def _part_problems(part: PartFacts, currencies: Sequence[str]) -> Iterator[Problem]:
    code = part.offer
    if part.unsold_on is not None:
        message = f"{code} is not on sale on {part.unsold_on}, when the bundle is."
        yield Problem("P8", code, message)
    for charge, currency in part.unpriced:
        message = f"{code}: charge {charge} has no published price in {currency}."
        yield Problem("PRC-1", code, message)
    if part.ssp_weight is None and any(one.is_distinct for one in part.charges):
        message = f"{code} is a distinct obligation; give it its stand-alone price as its weight."
        yield Problem("P8", code, message)
    if part.treatment != "DISCOUNTED":
        return
    for discount in part.discounts:
        if not discount.is_of_subscription:
            message = f"{code}: {discount.code} is a discount of an account, not of a component."
            yield Problem("DSC-1", code, message)
        elif not discount.may_be_given:
            message = f"{code}: {discount.code} may not be given when the bundle is sold."
            yield Problem("DSC-1", code, message)
    for currency in currencies:
        if not any(one.currency in ("", currency) for one in part.discounts):
            message = f"{code} is discounted, but has no discount in {currency}."
            yield Problem("DSC-1", code, message)


def is_shared(bundle: BundleFacts) -> bool:
    """Tell whether the price of the bundle covers different tax categories (TAX-16).

    It does when what is included and weighs, and the bundle itself, are not all of one category.
    """
    charges = [*_recurring(bundle.charges)]
    for part in _sharers(bundle):
        charges += _recurring(part.charges)
    return bool(_recurring(bundle.charges)) and len({one.tax_category for one in charges}) > 1


def _sharers(bundle: BundleFacts) -> list[PartFacts]:
    return [
        one
        for one in bundle.parts
        if one.treatment == "INCLUDED" and one.ssp_weight and _recurring(one.charges)
    ]


def _recurring(charges: Sequence[PartCharge]) -> list[PartCharge]:
    return [one for one in charges if one.kind == "RECURRING"]


def sharing_problems(bundle: BundleFacts) -> Iterator[Problem]:
    """Say what keeps the price of a bundle from being shared evenly, period by period (TAX-16)."""
    own = _recurring(bundle.charges)
    if len(own) != 1 or own[0].model not in SHAREABLE:
        message = (
            "The bundle covers different tax categories: it needs one recurring charge, flat or "
            "per unit, whose price is shared among them."
        )
        yield Problem("TAX-16", "", message)
        return
    if bundle.ssp_weight is None and own[0].is_distinct:
        message = (
            "The bundle covers different tax categories, and its own charge is a distinct "
            "obligation; give the bundle a weight of its own."
        )
        yield Problem("TAX-16", own[0].code, message)
    for part in _sharers(bundle):
        theirs = _recurring(part.charges)
        if len(theirs) != 1 or theirs[0].model not in SHAREABLE:
            message = f"{part.offer} needs one recurring charge, flat or per unit, for its share."
            yield Problem("TAX-16", part.offer, message)
        elif theirs[0].rhythm != own[0].rhythm:
            message = (
                f"{part.offer}: charge {theirs[0].code} takes a share of {own[0].code}; let it be "
                "billed and prorated in the same way."
            )
            yield Problem("TAX-16", part.offer, message)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes a share of a price: how much of it there is, and what one unit weighs."""

    key: int
    is_flat: bool
    quantity: Decimal
    ssp_weight: Decimal


def shares(total: Decimal, claims: Sequence[Claim], currency: str) -> dict[int, Decimal]:
    """Return the price of each claim, by key, so that all of them come to the total (TAX-16).

    The total, of one full period, is shared to the last minor unit in proportion to quantity and
    stand-alone price; a charge per unit takes its share by the unit, to ten decimals.
    60.00 over a line of 40 and two sets of 20 each is 30.00 and twice 15.00.
    """
    total = quantize(total, currency)
    weights = [one.quantity * one.ssp_weight for one in claims]
    if not any(weights):
        return {}
    found = {}
    for claim, share in zip(claims, allocate(total, weights, currency), strict=True):
        if claim.is_flat or not share:
            found[claim.key] = share
        else:
            found[claim.key] = round_places(share / claim.quantity, PRICE_PLACES)
    return found
