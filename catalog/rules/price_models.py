"""What a quantity costs by each price model, exactly, before bounds and rounding (TIER-2).

A model answers with the amount and the rows that explain it. `tier_factor` scales the bounds of
tiers, `free_factor` the included quantity (PRO-3).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Final

from catalog.rules.terms import EXACT, ONE, ZERO, CannotPriceQuantity, PriceTerms, Tier, TierRow
from foundation.money import round_places, settled

Answer = tuple[Decimal, tuple[TierRow, ...]]
_multiply = EXACT.multiply
_add = EXACT.add
_less = EXACT.subtract


def flat(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost the flat amount, whatever the quantity."""
    return terms.flat_amount, ()


def per_unit(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost the unit price for each unit; of PER_DAY for each unit on one day."""
    return _multiply(quantity, terms.unit_price), ()


def package(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost a price for every begun package, after the free units.

    250 units, 30 of them free, in packages of 100 at 7.00: 220 are 3 packages, 21.00.
    """
    free = min(quantity, _share(terms.included, free_factor))
    begun = EXACT.divide(_less(quantity, free), terms.package_size)
    packages = begun.to_integral_value(ROUND_CEILING)
    amount = _multiply(packages, terms.unit_price)
    row = TierRow(2 if free else 1, packages, terms.unit_price, ZERO, amount)
    return amount, (TierRow(1, free, ZERO, ZERO, ZERO), row) if free else (row,)


def overage(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost what exceeds the included quantity (TIER-2); of P95_BURST the commit too (UNIT-3).

    P95 of 130 Mbit/s with 100 committed for 500.00 and 4.00 for each above: 500.00 + 120.00.
    """
    included = _share(terms.included, free_factor)
    over = max(ZERO, _less(quantity, included))
    amount = _multiply(over, terms.unit_price)
    commit = terms.flat_amount if terms.model == "P95_BURST" else ZERO
    free = TierRow(1, min(quantity, included), ZERO, commit, commit)
    rows = (free, TierRow(2, over, terms.unit_price, ZERO, amount)) if over else (free,)
    return amount + commit, rows


def percent(
    terms: PriceTerms, value: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost a share of the money and a fixed amount; a correction mirrors what it corrects."""
    share = _multiply(value, terms.percent)
    return share + (terms.flat_amount if value >= 0 else -terms.flat_amount), ()


def dynamic(
    terms: PriceTerms, value: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost the amount that the events carry and a markup on it (UNIT-9).

    80.00 of cost with a markup of 0.25 are 100.00.
    """
    return _multiply(value, ONE + terms.percent), ()


def matrix(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost what the chosen cell says; its flat amount once, if there is any quantity."""
    if not terms.cell:
        message = f"Price {terms.price_version_id} is a matrix; no cell of it was chosen."
        raise CannotPriceQuantity(message)
    once = terms.flat_amount.copy_sign(quantity) if quantity else ZERO
    return _multiply(quantity, terms.unit_price) + once, ()


def graduated(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost each unit by the tier it falls into, and the flat amount of every tier reached."""
    if quantity == 0:
        return _nothing(terms)
    rows = []
    total = lower = ZERO
    for number, tier in enumerate(terms.tiers, 1):
        if quantity <= lower and not (terms.upper_exclusive and quantity == lower):
            break
        upper = None if tier.upper is None else _share(tier.upper, tier_factor)
        part = _less(quantity if upper is None or quantity <= upper else upper, lower)
        amount = _add(_multiply(part, tier.unit_price), tier.flat_amount)
        rows.append(TierRow(number, part, tier.unit_price, tier.flat_amount, amount))
        total = _add(total, amount)
        if upper is None:
            return total, tuple(rows)
        lower = upper
    if quantity > lower:
        raise _above(terms, quantity)
    return total, tuple(rows)


def volume(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost all units by the tier that holds the quantity, and its flat amount."""
    if quantity == 0:
        return _nothing(terms)
    number, tier = _holding(terms, quantity, tier_factor)
    amount = _add(_multiply(quantity, tier.unit_price), tier.flat_amount)
    return amount, (TierRow(number, quantity, tier.unit_price, tier.flat_amount, amount),)


def stairstep(
    terms: PriceTerms, quantity: Decimal, tier_factor: Decimal, free_factor: Decimal
) -> Answer:
    """Cost the flat amount of the tier that holds the quantity."""
    number, tier = _holding(terms, quantity, tier_factor)
    row = TierRow(number, quantity, ZERO, tier.flat_amount, tier.flat_amount)
    return tier.flat_amount, (row,)


def _nothing(terms: PriceTerms) -> Answer:
    """Cost nothing, or the flat amount of the first tier where the policy asks for it."""
    if not terms.tiers:
        return ZERO, ()
    first = terms.tiers[0]
    once = first.flat_amount if terms.empty_tier_flat else ZERO
    return once, (TierRow(1, ZERO, first.unit_price, once, once),)


def _holding(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> tuple[int, Tier]:
    """Find the tier that holds a quantity: its upper bound belongs to it (TIER-1).

    With `upper_exclusive` the bound belongs to the tier above.
    """
    for number, tier in enumerate(terms.tiers, 1):
        if tier.upper is None:
            return number, tier
        upper = _share(tier.upper, tier_factor)
        if quantity < upper or (quantity == upper and not terms.upper_exclusive):
            return number, tier
    raise _above(terms, quantity)


def _share(whole: Decimal, share: Decimal) -> Decimal:
    """Return the part of a bound or of an included quantity: of 300, 10/30 are 100 (PRO-3)."""
    return whole if share is ONE else settled(_multiply(whole, share))


def _above(terms: PriceTerms, quantity: Decimal) -> CannotPriceQuantity:
    return CannotPriceQuantity(
        f"The quantity {quantity} lies above the last tier of price {terms.price_version_id}."
    )


def shown_price(
    terms: PriceTerms, amount: Decimal, value: Decimal, rows: tuple[TierRow, ...]
) -> Decimal:
    """Return the price that a document shows for the amount."""
    if terms.model in ("GRADUATED", "GRADUATED_PERCENT", "SLOTS"):
        return mean_price(amount, value)
    if terms.model == "VOLUME" and rows:
        return rows[0].unit_price
    if terms.model == "STAIRSTEP" and rows:
        return rows[0].flat_amount
    if terms.model == "DYNAMIC":
        return ONE + terms.percent
    return {"FLAT": terms.flat_amount, "PERCENT": terms.percent}.get(terms.model, terms.unit_price)


def mean_price(amount: Decimal, quantity: Decimal) -> Decimal:
    """Return the mean price of a unit, to ten places; zero for no quantity."""
    return round_places(EXACT.divide(amount, quantity), 10) if quantity else ZERO


MODELS: Final[dict[str, Callable[[PriceTerms, Decimal, Decimal, Decimal], Answer]]] = {
    "FLAT": flat,
    "PER_UNIT": per_unit,
    "GRADUATED": graduated,
    "VOLUME": volume,
    "STAIRSTEP": stairstep,
    "PACKAGE": package,
    "OVERAGE": overage,
    "PERCENT": percent,
    "GRADUATED_PERCENT": graduated,
    "DYNAMIC": dynamic,
    "MATRIX": matrix,
    "PER_DAY": per_unit,
    "P95_BURST": overage,
    "HIGH_WATER": per_unit,
    "SLOTS": graduated,
}
