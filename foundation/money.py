"""The arithmetic of money: one rounding, one allocation (NUM-1 to NUM-5).

Amounts are `Decimal`, never `float`. Exact arithmetic runs in the precision set below; an amount
is rounded once, when it becomes a document amount, and from there on only sums are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DefaultContext,
    getcontext,
)
from typing import Final

from foundation.currencies import MINOR_UNITS

PRECISION: Final = 60
"""Digits of exact arithmetic: quantity (24) times price (22) is exact (NUM-3 asks 34)."""

SETTLED: Final = 50
"""Digits that survive a fraction without end, cut off at PRECISION, and a few steps after it."""

ROUNDING_MODES: Final = frozenset({ROUND_HALF_UP, ROUND_UP, ROUND_DOWN, ROUND_HALF_EVEN})
"""Modes that a price may name for event rounding (UNIT-2); documents know only half up."""

ZERO: Final = Decimal(0)

# Every thread starts from the default context, so the precision holds wherever money is imported.
DefaultContext.prec = PRECISION
getcontext().prec = PRECISION

_CONTEXT: Final = Context(prec=PRECISION, rounding=ROUND_HALF_UP)
_settle: Final = Context(prec=SETTLED).plus
_QUANTUM: Final = {units: Decimal(1).scaleb(-units) for units in range(16)}


class UnknownCurrency(ValueError):
    """The code is not a currency with a minor unit (ISO 4217)."""


class CannotAllocate(ValueError):
    """The amount cannot be shared out over these weights."""


def minor_units(currency: str) -> int:
    """Return the number of decimals of a document amount in `currency`.

    Raises: UnknownCurrency.
    """
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is not a currency code of ISO 4217") from None


def settled(value: Decimal) -> Decimal:
    """Return what a value was before a fraction without end was cut off in it.

    10/30 of 300 are 99.99…9 in PRECISION digits, and 100 in SETTLED; what ends stays as it is.
    Whatever is compared with a bound, or cut to whole units, is settled first; rounding does so.
    """
    return _settle(value)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round to the minor unit of `currency`, ties away from zero (NUM-1).

    The only rounding of money in the code base. PostgreSQL's `round(numeric)` gives the same.
    Never returns minus zero.

    Raises: UnknownCurrency; ValueError when the amount is not finite.
    """
    return round_places(amount, minor_units(currency))


def round_places(value: Decimal, places: int, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round a settled value to `places` decimals in one of ROUNDING_MODES (UNIT-2, PRO-6).

    Raises: ValueError when the value is not finite or the mode is not one a price may name.
    """
    if mode not in ROUNDING_MODES:
        raise ValueError(f"{mode!r} is not a rounding mode of prices")
    if not value.is_finite():
        raise ValueError(f"{value} is not an amount")
    rounded = _settle(value).quantize(_QUANTUM[places], rounding=mode, context=_CONTEXT)
    return rounded if rounded else abs(rounded)


def allocate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Share `total` out in proportion to `weights`, to the last minor unit (NUM-2).

    Exact shares are cut to the minor unit and the units left over go one each to the largest
    remainders; ties to the larger weight, then to the lower index. The parts, in the order of the
    weights, always add up to the total; a zero weight receives nothing.
    10.00 over 1:1:1 is 3.34, 3.33, 3.33.

    Raises: CannotAllocate when no weight is positive, one is negative, or the total has a
    fraction of a minor unit.
    """
    return allocate_places(total, weights, minor_units(currency))


def allocate_places(total: Decimal, weights: Sequence[Decimal], places: int) -> list[Decimal]:
    """Share `total`, of at most `places` decimals, out as `allocate` does; for units of usage.

    Raises: CannotAllocate.
    """
    if total != round_places(total, places):
        raise CannotAllocate(f"{total} is finer than {places} decimals")
    if any(not weight.is_finite() or weight < 0 for weight in weights):
        raise CannotAllocate("a weight is negative or not a number")
    shares = _as_integers(weights)
    whole = sum(shares)
    if whole == 0:
        raise CannotAllocate("the weights add up to nothing")

    pieces = int(abs(total).scaleb(places))
    counted = [divmod(pieces * share, whole) for share in shares]
    parts = [floor for floor, _ in counted]
    by_claim = sorted(range(len(shares)), key=lambda i: (-counted[i][1], -shares[i], i))
    for index in by_claim[: pieces - sum(parts)]:
        parts[index] += 1

    sign = -1 if total < 0 else 1
    return [Decimal(sign * part).scaleb(-places) for part in parts]


def cash_rounding(payable: Decimal, step: Decimal) -> Decimal:
    """Return the amount to add so that `payable` becomes a multiple of `step` (NUM-5).

    Half away from zero: 10.02 in steps of 0.05 gives -0.02, 10.03 gives 0.02. A step of zero
    means no cash rounding.

    Source: EN 16931 BT-114 (rounding amount).
    """
    if step < 0:
        raise ValueError("a rounding step is not negative")
    if not step:
        return ZERO
    return round_places(payable / step, 0) * step - payable


def _as_integers(weights: Sequence[Decimal]) -> list[int]:
    """Scale decimal weights to whole numbers of the same proportion."""
    scale = max((-int(weight.as_tuple().exponent) for weight in weights), default=0)
    return [int(weight.scaleb(max(scale, 0))) for weight in weights]
