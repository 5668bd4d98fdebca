"""What is owed for a promised amount, and what goes beyond an agreed greatest one (COM-1, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from foundation.money import allocate, quantize
from foundation.periods import Period, Rhythm, Unit

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
STEPS: Final = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def windows(kind: str, term: Period, until: date) -> list[Period]:
    """Return the windows of a commitment that have ended by `until`, the first first.

    Windows are counted from the first day of the term (PER-3) and end with it at the latest; the
    term itself is one window.
    """
    if kind == "TERM":
        return [term] if term.end <= until else []
    rhythm = Rhythm(term.start, Unit.MONTH, STEPS[kind])
    found: list[Period] = []
    number = rhythm.number(term.start)
    while True:
        window = rhythm.period(number)
        start, end = max(window.start, term.start), min(window.end, term.end)
        if end > until or start >= term.end:
            return found
        found.append(Period(start, end))
        number += 1


def whole_window(kind: str, term: Period, window: Period) -> Period:
    """Return the full window of which `window` is what the term leaves."""
    if kind == "TERM":
        return term
    return Rhythm(term.start, Unit.MONTH, STEPS[kind]).containing(window.start)


def promised(amount: Decimal, window: Period, full: Period, *, prorates: bool) -> Decimal:
    """Return what is promised for a window, exact: by days where it is cut short (COM-1)."""
    if not prorates or window == full:
        return amount
    return amount * (window.end - window.start).days / (full.end - full.start).days


def shortfall(
    commit: Decimal, measured: Decimal, currency: str, *, factor: Decimal = ONE
) -> Decimal:
    """Return what of the promised amount was not reached: max(0, commit·f − measured) (COM-1).

    Calling it again with more measured gives less, never below zero, so that what late usage
    adds to a window is taken off the shortfall billed for it (COM-2).
    """
    return max(ZERO, quantize(commit * factor, currency) - measured)


def above_cap(
    nets: Sequence[Decimal], cap: Decimal, currency: str, *, used: Decimal = ZERO
) -> list[Decimal]:
    """Return what is taken off each net so that all, with `used` before, stay in the cap (COM-4).

    The excess is allocated over the capped nets; none falls below zero.
    """
    weights = [max(one, ZERO) for one in nets]
    total = sum(weights, ZERO)
    excess = min(total, max(ZERO, used + total - quantize(cap, currency)))
    if not excess:
        return [ZERO for _ in nets]
    return allocate(excess, weights, currency)
