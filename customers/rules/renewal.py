"""What a renewal makes of prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from foundation.money import round_places

PLACES: Final = 10


def raised(unit_price: Decimal, uplift: Decimal) -> Decimal:
    """Return a unit price raised by a share (0.03 is three percent), to ten decimals (NUM-1)."""
    return round_places(unit_price * (1 + uplift), PLACES)
