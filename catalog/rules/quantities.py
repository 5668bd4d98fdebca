"""Billable quantities: increments before pricing (UNIT-1)."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

MODES: Final = {"UP": ROUND_CEILING, "MIDDLE": ROUND_HALF_UP, "DOWN": ROUND_FLOOR}


def billable(
    quantity: Decimal,
    *,
    first: Decimal,
    following: Decimal,
    charge_zero: bool = False,
    mode: str = "UP",
) -> Decimal:
    """Round a quantity to increments (UNIT-1).

    Zero stays zero unless `charge_zero`; up to `first` costs `first`; beyond it every begun
    `following` counts whole, or in MIDDLE from its half, or in DOWN once it is full. Increments
    of zero leave the quantity as it is.

    60/6: 61 seconds are 66; in DOWN 60; 63 are 66 in MIDDLE, 62 are 60.
    """
    if quantity == 0 and not charge_zero:
        return quantity
    if quantity <= first:
        return first
    if following <= 0:
        return quantity
    steps = ((quantity - first) / following).to_integral_value(MODES[mode])
    return first + steps * following
