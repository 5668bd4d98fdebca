"""The price models: what a quantity costs (TIER-1, TIER-2), and rounding by event (UNIT-2).

Amounts are in the currency of the terms; nothing is rounded before the one `quantize` of the line,
but for charges that round by event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Context, Decimal
from typing import NamedTuple

from foundation.money import quantize, round_places

ZERO = Decimal(0)
ONE = Decimal(1)
EXACT = Context(prec=50)
_multiply = EXACT.multiply
_new = tuple.__new__

TIERED = frozenset({"GRADUATED", "VOLUME", "STAIRSTEP"})
# The price of one event depends on those before it, so an event cannot be rounded by itself.
COUNTED = TIERED | {"PACKAGE", "OVERAGE"}


class CannotPriceQuantity(Exception):
    """The quantity has no price under these terms."""

    rule = "TIER-2"


class Tier(NamedTuple):
    """Cover (previous upper, upper]; an upper of None has no end (TIER-1)."""

    upper: Decimal | None
    unit_price: Decimal
    flat_amount: Decimal


class TierRow(NamedTuple):
    """One row of the calculation: how much of the quantity met which tier, and what it cost."""

    tier: int
    quantity: Decimal
    unit_price: Decimal
    flat_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """A price version as the engine reads it.

    FLAT costs `flat_amount` whatever the quantity; `package_size` is the package of PACKAGE;
    `included` the quantity of OVERAGE that is free; `percent` a fraction. `min_amount` and
    `max_amount` bound the amount of the whole quantity. `bill_zero` prices a quantity of zero.
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
    linear: Decimal | None = field(default=None, init=False)
    """The unit price where the amount is nothing but quantity times unit price."""

    def __post_init__(self) -> None:
        """Mark the terms that need no care."""
        if self.model == "PER_UNIT" and self.min_amount is None and self.max_amount is None:
            object.__setattr__(self, "linear", self.unit_price)


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
        if self.bound:
            facts["bound"] = self.bound
        if self.terms.is_override:
            facts["override"] = True
        return facts


def price(
    terms: PriceTerms,
    quantity: Decimal,
    currency: str,
    *,
    base_amount: Decimal | None = None,
    factor: Decimal = ONE,
    tier_factor: Decimal = ONE,
) -> Priced:
    """Price a quantity (TIER-2), prorate it by `factor` (PRO-1) and round it once (NUM-1).

    PERCENT takes its share of `base_amount`, or of the quantity where that carries money.
    `tier_factor` scales tier bounds and included quantities (PRO-3, tier_proration). Zero costs
    zero unless the terms bill zero; only PER_UNIT and PERCENT price a negative quantity.

    Raises: CannotPriceQuantity.
    """
    if currency != terms.currency:
        message = f"A price in {terms.currency} does not price in {currency}."
        raise CannotPriceQuantity(message)
    unit = terms.linear
    if unit is not None:
        exact = _multiply(quantity, unit)
        if factor is not ONE:
            exact = _multiply(exact, factor)
        return _new(
            Priced,
            (exact, quantize(exact, currency), unit, (), terms, quantity, factor, ""),
        )
    value = quantity if base_amount is None or terms.model != "PERCENT" else base_amount
    if value == 0 and not terms.bill_zero:
        return Priced(ZERO, ZERO, _shown(terms, ZERO, value, ()), (), terms, quantity, factor)
    if value < 0 and terms.model not in ("PER_UNIT", "PERCENT"):
        message = f"A {terms.model} price cannot price the negative quantity {value}."
        raise CannotPriceQuantity(message)
    exact, rows = _MODELS[terms.model](terms, value, tier_factor)
    exact, bound = _bounded(terms, exact)
    shown = _shown(terms, exact, value, rows)
    if factor is not ONE:
        exact = _multiply(exact, factor)
    return Priced(exact, quantize(exact, currency), shown, rows, terms, quantity, factor, bound)


def round_event(amount: Decimal, decimals: int, mode: str = "ROUND_HALF_UP") -> Decimal:
    """Round the amount of one event before it is summed (UNIT-2, EVENT rounding)."""
    return round_places(amount, decimals, mode)


def price_events(
    terms: PriceTerms,
    quantities: Iterable[Decimal],
    currency: str,
    *,
    decimals: int,
    mode: str = "ROUND_HALF_UP",
) -> Decimal:
    """Sum events each of which is rounded by itself (UNIT-2); refused for counted models.

    Raises: CannotPriceQuantity.
    """
    if terms.model in COUNTED:
        message = f"A {terms.model} price counts across events and cannot round each of them."
        raise CannotPriceQuantity(message)
    total = ZERO
    for quantity in quantities:
        total += round_event(price(terms, quantity, currency).amount_exact, decimals, mode)
    return total


def with_override(terms: PriceTerms, unit_price: Decimal) -> PriceTerms:
    """Return the terms with an agreed price in place of the listed one (PRC-2).

    The agreed price is per unit, or the flat amount of a FLAT price; tiers give way to it.
    """
    if terms.model == "FLAT":
        return replace(terms, flat_amount=unit_price, is_override=True)
    return replace(
        terms,
        model="PACKAGE" if terms.model == "PACKAGE" else "PER_UNIT",
        unit_price=unit_price,
        tiers=(),
        is_override=True,
    )


def with_percent_off(terms: PriceTerms, percent_off: Decimal) -> PriceTerms:
    """Return the terms lowered by a fraction, tier by tier (PRC-4)."""
    left = ONE - percent_off
    return replace(
        terms,
        unit_price=terms.unit_price * left,
        flat_amount=terms.flat_amount * left,
        percent=terms.percent * left,
        tiers=tuple(
            Tier(tier.upper, tier.unit_price * left, tier.flat_amount * left)
            for tier in terms.tiers
        ),
        is_override=True,
    )


def split_counter(
    terms: Iterable[tuple[PriceTerms, Decimal]], currency: str, *, tier_factor: Decimal = ONE
) -> list[Priced]:
    """Price a quantity split over successive price versions; the counter runs on (TIER-3).

    Each (terms, quantity) part is priced as what it adds on top of the parts before it, under its
    own terms: price(before + part) − price(before). The answers are unrounded differences, each
    rounded once.
    """
    answers = []
    before = ZERO
    for version, quantity in terms:
        after = before + quantity
        whole = price(version, after, currency, tier_factor=tier_factor)
        if before:
            start = price(version, before, currency, tier_factor=tier_factor)
            exact = whole.amount_exact - start.amount_exact
            shown = _divide(exact, quantity)
            whole = Priced(
                exact,
                quantize(exact, currency),
                shown,
                _difference(whole.rows, start.rows),
                version,
                quantity,
                ONE,
            )
        answers.append(whole)
        before = after
    return answers


def _difference(after: tuple[TierRow, ...], before: tuple[TierRow, ...]) -> tuple[TierRow, ...]:
    """Return the rows that a part of a running counter added."""
    start = {row.tier: row for row in before}
    rows = []
    for row in after:
        old = start.get(row.tier)
        if old is None:
            rows.append(row)
        elif row.quantity != old.quantity or row.amount != old.amount:
            rows.append(
                TierRow(
                    row.tier,
                    row.quantity - old.quantity,
                    row.unit_price,
                    row.flat_amount - old.flat_amount,
                    row.amount - old.amount,
                )
            )
    return tuple(rows)


Answer = tuple[Decimal, tuple[TierRow, ...]]


def _flat(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    return terms.flat_amount, ()


def _per_unit(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    return _multiply(quantity, terms.unit_price), ()


def _package(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    packages = EXACT.divide(quantity, terms.package_size).to_integral_value(ROUND_CEILING)
    amount = _multiply(packages, terms.unit_price)
    return amount, (TierRow(1, packages, terms.unit_price, ZERO, amount),)


def _overage(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    included = _multiply(terms.included, tier_factor)
    over = max(ZERO, quantity - included)
    amount = _multiply(over, terms.unit_price)
    free = TierRow(1, min(quantity, included), ZERO, ZERO, ZERO)
    return amount, (free, TierRow(2, over, terms.unit_price, ZERO, amount)) if over else (free,)


def _percent(terms: PriceTerms, value: Decimal, tier_factor: Decimal) -> Answer:
    share = _multiply(value, terms.percent)
    return share + (terms.flat_amount if value >= 0 else -terms.flat_amount), ()


def _graduated(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    rows = []
    total = lower = ZERO
    for number, tier in enumerate(terms.tiers, 1):
        if quantity <= lower and not (number == 1 and quantity == 0):
            break
        upper = None if tier.upper is None else _multiply(tier.upper, tier_factor)
        part = quantity - lower if upper is None or quantity <= upper else upper - lower
        flat = tier.flat_amount if quantity > lower else ZERO
        amount = _multiply(part, tier.unit_price) + flat
        rows.append(TierRow(number, part, tier.unit_price, flat, amount))
        total += amount
        if upper is None:
            return total, tuple(rows)
        lower = upper
    if quantity > lower:
        raise _above(terms, quantity)
    return total, tuple(rows)


def _holding(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> tuple[int, Tier]:
    """Find the tier that holds a quantity: the upper bound belongs to the lower tier (TIER-1)."""
    for number, tier in enumerate(terms.tiers, 1):
        if tier.upper is None or quantity <= _multiply(tier.upper, tier_factor):
            return number, tier
    raise _above(terms, quantity)


def _volume(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    number, tier = _holding(terms, quantity, tier_factor)
    flat = tier.flat_amount if quantity > 0 else ZERO
    amount = _multiply(quantity, tier.unit_price) + flat
    return amount, (TierRow(number, quantity, tier.unit_price, flat, amount),)


def _stairstep(terms: PriceTerms, quantity: Decimal, tier_factor: Decimal) -> Answer:
    number, tier = _holding(terms, quantity, tier_factor)
    row = TierRow(number, quantity, ZERO, tier.flat_amount, tier.flat_amount)
    return tier.flat_amount, (row,)


_MODELS: dict[str, Callable[[PriceTerms, Decimal, Decimal], Answer]] = {
    "FLAT": _flat,
    "PER_UNIT": _per_unit,
    "GRADUATED": _graduated,
    "VOLUME": _volume,
    "STAIRSTEP": _stairstep,
    "PACKAGE": _package,
    "OVERAGE": _overage,
    "PERCENT": _percent,
}
MODELS = tuple(_MODELS)


def _above(terms: PriceTerms, quantity: Decimal) -> CannotPriceQuantity:
    return CannotPriceQuantity(
        f"The quantity {quantity} lies above the last tier of price {terms.price_version_id}."
    )


def _bounded(terms: PriceTerms, amount: Decimal) -> tuple[Decimal, str]:
    """Apply the least and the greatest amount of the whole quantity (TIER-2)."""
    if amount < 0:
        return amount, ""
    if terms.min_amount is not None and amount < terms.min_amount:
        return terms.min_amount, "MIN"
    if terms.max_amount is not None and amount > terms.max_amount:
        return terms.max_amount, "MAX"
    return amount, ""


def _shown(
    terms: PriceTerms, amount: Decimal, value: Decimal, rows: tuple[TierRow, ...]
) -> Decimal:
    if terms.model == "GRADUATED":
        return _divide(amount, value)
    if terms.model == "VOLUME" and rows:
        return rows[0].unit_price
    if terms.model == "STAIRSTEP" and rows:
        return rows[0].flat_amount
    return {"FLAT": terms.flat_amount, "PERCENT": terms.percent}.get(terms.model, terms.unit_price)


def _divide(amount: Decimal, quantity: Decimal) -> Decimal:
    return round_places(EXACT.divide(amount, quantity), 10) if quantity else ZERO
