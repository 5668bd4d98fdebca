"""Billable quantities: increments before pricing (UNIT-1)."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal


def billable(
    quantity: Decimal, *, first: Decimal, following: Decimal, charge_zero: bool = False
) -> Decimal:
    """Round a quantity up to increments (UNIT-1).

    Zero stays zero unless `charge_zero`; up to `first` costs `first`; beyond it every begun
    `following` counts whole. Increments of zero leave the quantity as it is.
    """
    if quantity == 0 and not charge_zero:
        return quantity
    if quantity <= first:
        return first
    if following <= 0:
        return quantity
    steps = ((quantity - first) / following).to_integral_value(ROUND_CEILING)
    return first + steps * following
