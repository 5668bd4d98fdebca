"""When usage can be billed inside its period, above a limit (UNIT-8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol

from catalog.rules.counter_checks import CountedCharge


class LimitedCharge(CountedCharge, Protocol):
    """What of a charge decides whether it may be billed inside its period."""

    @property
    def timing(self) -> str:
        """Say ADVANCE, ARREARS or THRESHOLD."""

    @property
    def thresholds(self) -> Sequence[tuple[str, str]]:
        """Give the limit of each currency."""


def threshold_problems(charge: LimitedCharge) -> Iterator[str]:
    """Say why a charge cannot be billed above a limit, and what to choose instead."""
    if charge.timing != "THRESHOLD":
        if charge.thresholds:
            yield "it has limits, but is not billed above them; choose the timing THRESHOLD."
        return
    if charge.kind != "USAGE":
        yield "only usage is billed inside its period above a limit; choose another timing."
    if not charge.thresholds:
        yield 'say above which amount it is billed at once: {"EUR": "100"}.'
    for currency, text in charge.thresholds:
        if not _is_amount(text):
            yield f"the limit in {currency} is an amount above zero, not {text}."
    if charge.alignment != "CYCLE":
        yield "an interim bill is of the running bill cycle; align the charge to the cycle."
    if charge.metric is not None and charge.metric.needs_events:
        yield "only usage that is a sum grows to a limit; bill it in arrears."
    if charge.tier_reset != "PERIOD" or charge.tier_proration or charge.free_proration:
        yield (
            "what is billed inside a period counts from its first day; let the counter begin "
            "anew each period, and tiers and included quantities stay whole."
        )


def unlimited(thresholds: Iterable[tuple[str, str]], currencies: Iterable[str]) -> list[str]:
    """Return the currencies in which a charge is sold without a limit."""
    return sorted(set(currencies) - {currency for currency, _ in thresholds})


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount > 0
