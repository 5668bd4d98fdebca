"""Price a quantity, or events one by one (TIER, UNIT-2, UNIT-9); counters: `counters.py`.

Amounts are in the currency of the terms; nothing is rounded before the one `quantize` of the line,
but for charges that round by event. The steps and their order: docs/order-of-computation.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from catalog.rules.price_models import MODELS as _MODELS
from catalog.rules.price_models import shown_price
from catalog.rules.terms import (
    CELLED,
    COUNTED,
    EXACT,
    LINEAR,
    MIRRORED,
    ONE,
    ROWED,
    TIERED,
    ZERO,
    CannotPriceQuantity,
    Priced,
    PriceTerms,
    Tier,
    TierRow,
)
from foundation.money import quantize, round_places, settled

__all__ = [
    "CELLED", "COUNTED", "MODELS", "ROWED", "TIERED", "CannotPriceQuantity", "PriceTerms",
    "Priced", "Tier", "TierRow", "choose_cell", "price", "price_event", "price_events",
    "price_transactions", "round_event", "with_override", "with_percent_off",
    "within", "within_bounds",
]  # fmt: skip

MODELS: Final = tuple(_MODELS)
_OF_MONEY: Final = frozenset({"PERCENT", "GRADUATED_PERCENT", "DYNAMIC"})
_multiply = EXACT.multiply
_new = tuple.__new__


def price(
    terms: PriceTerms,
    quantity: Decimal,
    currency: str,
    *,
    base_amount: Decimal | None = None,
    factor: Decimal = ONE,
    tier_factor: Decimal = ONE,
    free_factor: Decimal | None = None,
    bound_factor: Decimal = ONE,
) -> Priced:
    """Price a quantity (TIER-2), prorate it by `factor` (PRO-1) and round it once (NUM-1).

    PERCENT, GRADUATED_PERCENT and DYNAMIC take their share of `base_amount`, or of the quantity
    where that carries money. `tier_factor` scales tier bounds, `free_factor` included quantities
    (PRO-3); without one it follows the other; `bound_factor` scales minimum and maximum where the
    amount itself is not prorated. Of PER_DAY `factor` is the number of days. Zero
    costs zero unless the terms bill zero; only linear models price a negative quantity.

    Raises: CannotPriceQuantity.
    """
    if currency != terms.currency:
        message = f"A price in {terms.currency} does not price in {currency}."
        raise CannotPriceQuantity(message)
    unit = terms.linear
    if unit is not None:
        exact = _multiply(quantity, unit)
        if factor is not ONE:
            exact = settled(_multiply(exact, factor))
        return _new(
            Priced,
            (exact, quantize(exact, currency), unit, (), terms, quantity, factor, ""),
        )
    value = quantity if base_amount is None or terms.model not in _OF_MONEY else base_amount
    if value == 0 and not (terms.bill_zero or terms.empty_tier_flat):
        shown = shown_price(terms, ZERO, value, ())
        return Priced(ZERO, ZERO, shown, (), terms, quantity, factor)
    if value < 0 and terms.model not in LINEAR:
        message = f"A {terms.model} price cannot price the negative quantity {value}."
        raise CannotPriceQuantity(message)
    left = factor
    if terms.tier_after_proration and terms.model in TIERED:
        value, left = settled(_multiply(value, factor)), ONE
    frees = tier_factor if free_factor is None else free_factor
    exact, rows = _MODELS[terms.model](terms, value, tier_factor, frees)
    if terms.bounds_prorated:
        exact, bound = within_bounds(terms, exact, bound_factor)
    shown = shown_price(terms, exact, value, rows)
    if left is not ONE:
        exact = settled(_multiply(exact, left))
    if not terms.bounds_prorated:
        exact, bound = within_bounds(terms, exact)
    return Priced(exact, quantize(exact, currency), shown, rows, terms, quantity, factor, bound)


def within_bounds(terms: PriceTerms, amount: Decimal, share: Decimal = ONE) -> tuple[Decimal, str]:
    """Apply the least and the greatest amount of the whole quantity (TIER-2, COM-1, COM-4)."""
    least, greatest = terms.min_amount, terms.max_amount
    if amount < 0 or (least is None and greatest is None):
        return amount, ""
    if share != ONE:
        least = None if least is None else settled(_multiply(least, share))
        greatest = None if greatest is None else settled(_multiply(greatest, share))
    return within(amount, least, greatest)


def within(
    amount: Decimal, least: Decimal | None, greatest: Decimal | None
) -> tuple[Decimal, str]:
    """Return an amount within its bounds, and which of them, if any, it met."""
    if least is not None and amount < least:
        return least, "MIN"
    if greatest is not None and amount > greatest:
        return greatest, "MAX"
    return amount, ""


def round_event(amount: Decimal, decimals: int, mode: str = "ROUND_HALF_UP") -> Decimal:
    """Round the amount of one event before it is summed (UNIT-2, EVENT rounding)."""
    return round_places(amount, decimals, mode)


def price_event(terms: PriceTerms, quantity: Decimal, currency: str) -> Decimal:
    """Return the exact amount of one event: price, fee, within its bounds (UNIT-1, UNIT-9).

    A correction mirrors what it corrects; an event of zero bears no fee (UNIT-5). 90 seconds at
    0.002 with a connect fee of 0.05 are 0.23; with a least amount of 0.25 they are 0.25.

    Raises: CannotPriceQuantity.
    """
    size = abs(quantity) if terms.model in MIRRORED else quantity
    amount = price(terms, size, currency).amount_exact
    if size:
        amount, _ = within(amount + terms.event_fee, terms.event_min, terms.event_max)
    return -amount if quantity < 0 else amount


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
        total += round_event(price_event(terms, quantity, currency), decimals, mode)
    return total


def price_transactions(
    terms: PriceTerms,
    amounts: Iterable[Decimal],
    currency: str,
    *,
    free_factor: Decimal = ONE,
    bound_factor: Decimal = ONE,
) -> Priced:
    """Price transactions of money one by one, in their order, and round the sum once (UNIT-9).

    The first `free_events` are free while `free_amount` lasts, whichever ends first; of the one
    that straddles the free amount the rest is charged. Each charged transaction costs its share
    and `event_fee`, within `event_min` and `event_max`; a refund mirrors that and uses up nothing
    that is free. `flat_amount` is charged once.

    Three of 100.00 at 1 % and 0.30 each, the first free: 2 · 1.30 = 2.60.

    Raises: CannotPriceQuantity.
    """
    if currency != terms.currency:
        message = f"A price in {terms.currency} does not price in {currency}."
        raise CannotPriceQuantity(message)
    events_left = terms.free_events if terms.free_events else None
    money_left = None
    if terms.free_amount:
        money_left = settled(_multiply(terms.free_amount, free_factor))
    fixed = terms.event_fee
    value = free = charged = fees = total = ZERO
    for amount in amounts:
        value += amount
        rest = abs(amount)
        if amount > 0 and events_left != 0 and money_left != 0 and (events_left or money_left):
            gift = rest if money_left is None else min(rest, money_left)
            money_left = None if money_left is None else money_left - gift
            events_left = None if events_left is None else events_left - 1
            free += gift
            rest -= gift
        if not rest:
            continue
        cost = _multiply(rest, terms.percent) + fixed
        cost, _ = within(cost, terms.event_min, terms.event_max)
        sign = -1 if amount < 0 else 1
        charged, fees, total = charged + sign * rest, fees + sign * fixed, total + sign * cost
    rows = [TierRow(1, free, ZERO, ZERO, ZERO)] if free else []
    if charged or terms.bill_zero:
        fees, total = fees + terms.flat_amount, total + terms.flat_amount
    rows.append(TierRow(2, charged, terms.percent, fees, total))
    exact, bound = total, ""
    if value or terms.bill_zero:
        exact, bound = within_bounds(terms, total, bound_factor)
    return Priced(
        exact, quantize(exact, currency), terms.percent, tuple(rows), terms, value, ONE, bound
    )


def choose_cell(terms: PriceTerms, attributes: Mapping[str, str]) -> PriceTerms | None:
    """Return a MATRIX price narrowed to the cell of these attributes; any other price as it is.

    The cell that asks for most attributes wins; `*` is the cell of what matches no other, and
    without it there is no price. The price is checked at publication for cells of equal rank.

    Cells zone=EU at 0.10, zone=EU,peak=yes at 0.15 and * at 0.50: an EU call in the peak costs
    0.15 a unit, a call to the rest of the world 0.50.
    """
    if terms.model not in CELLED or terms.cell:
        return terms
    best: Tier | None = None
    most = -1
    for tier in terms.tiers:
        pairs = cell_pairs(tier.cell)
        if len(pairs) > most and all(attributes.get(name) == value for name, value in pairs):
            best, most = tier, len(pairs)
    if best is None:
        return None
    return replace(terms, unit_price=best.unit_price, flat_amount=best.flat_amount, cell=best.cell)


def cell_pairs(cell: str) -> tuple[tuple[str, str], ...]:
    """Read the key of a cell, `a=1,b=2` or `*`."""
    if cell == "*":
        return ()
    parts = (part.partition("=") for part in cell.split(","))
    return tuple((name, value) for name, _, value in parts)


def with_override(terms: PriceTerms, unit_price: Decimal) -> PriceTerms:
    """Return the terms with an agreed price in place of the listed one (PRC-2).

    The agreed price is per unit, or the flat amount of a FLAT price; tiers and cells give way.
    """
    if terms.model == "FLAT":
        return replace(terms, flat_amount=unit_price, is_override=True)
    kept = terms.model in ("PACKAGE", "PER_DAY", "HIGH_WATER", "P95_BURST")
    return replace(
        terms,
        model=terms.model if kept else "PER_UNIT",
        unit_price=unit_price,
        tiers=(),
        empty_tier_flat=False,
        cell="",
        is_override=True,
    )


def with_percent_off(terms: PriceTerms, percent_off: Decimal) -> PriceTerms:
    """Return the terms lowered by a fraction, tier by tier (PRC-4).

    Of a DYNAMIC price the whole price is lowered: a markup of 0.25 less 10 % is one of 0.125.
    """
    left = ONE - percent_off
    share = terms.percent * left
    return replace(
        terms,
        unit_price=terms.unit_price * left,
        flat_amount=terms.flat_amount * left,
        event_fee=terms.event_fee * left,
        percent=share - percent_off if terms.model == "DYNAMIC" else share,
        tiers=tuple(
            tier._replace(unit_price=tier.unit_price * left, flat_amount=tier.flat_amount * left)
            for tier in terms.tiers
        ),
        is_override=True,
    )
