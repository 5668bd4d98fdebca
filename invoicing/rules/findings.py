"""What a reviewer should see before a draft is posted (BR-5)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from foundation.money import quantize

ZERO = Decimal(0)


class Limits(NamedTuple):
    """Percentages by which a total may differ from the previous one."""

    warn: int
    hold: int


class Facts(NamedTuple):
    """What is known of one payer's draft and of its previous document, if there is one."""

    currency: str
    total: Decimal
    tax: Decimal
    previous_total: Decimal | None
    previous_tax: Decimal
    silent_charges: tuple[str, ...] = ()
    unbilled_before: tuple[str, ...] = ()
    repriced: tuple[str, ...] = ()
    left_off: tuple[str, ...] = ()


class Found(NamedTuple):
    """A finding: rule, severity, sentence."""

    rule: str
    severity: str
    message: str


LEFT_OFF: Final = "BR-5-LEFT-OFF"
TITLES: Final = {
    LEFT_OFF: "A charge is left off",
    "BR-5-ZERO": "Comes to nothing",
    "BR-5-NEGATIVE": "Gives back",
    "BR-5-FIRST": "First bill",
    "BR-5-TAX": "Tax went away",
    "BR-5-USAGE": "Usage is missing",
    "BR-5-PRICE": "New price",
    "BR-5-VARIANCE": "Differs much from the last",
    "BR-5-RUNAWAY": "Far above the last: held",
    "CHG-6": "Reaches behind the look-back",
}
"""What each rule finds, in the words of a list."""


def findings(facts: Facts, limits: Limits) -> Iterator[Found]:
    """Give what stands out in a draft, gravest rules first; most drafts give nothing (BR-5)."""
    total, before = facts.total, facts.previous_total
    for text in facts.left_off:
        yield Found(LEFT_OFF, "WARN", text)
    if total == ZERO:
        yield Found("BR-5-ZERO", "WARN", "The document comes to nothing.")
    elif total < ZERO:
        yield Found(
            "BR-5-NEGATIVE",
            "WARN",
            f"The document gives back {_money(-total, facts.currency)} {facts.currency} "
            "and becomes a credit memo.",
        )
    if before is None:
        yield Found("BR-5-FIRST", "INFO", "First bill of this payer.")
    elif before > ZERO and total != before:
        yield from _variance(facts, before, limits)
    if facts.tax == ZERO and facts.previous_tax > ZERO and total > ZERO:
        yield Found(
            "BR-5-TAX",
            "WARN",
            f"No tax; the previous document bore {_money(facts.previous_tax, facts.currency)}.",
        )
    for text in facts.silent_charges:
        yield Found("BR-5-USAGE", "WARN", f"No usage for {text}, which had some before.")
    for text in facts.unbilled_before:
        yield Found("CHG-6", "WARN", text)
    for text in facts.repriced:
        yield Found("BR-5-PRICE", "INFO", f"New price for {text}.")


def _variance(facts: Facts, before: Decimal, limits: Limits) -> Iterator[Found]:
    percent = (facts.total - before) * 100 / before
    if abs(percent) < limits.warn:
        return
    held = percent > limits.hold
    yield Found(
        "BR-5-RUNAWAY" if held else "BR-5-VARIANCE",
        "BLOCK" if held else "WARN",
        f"{_money(facts.total, facts.currency)} {facts.currency} after "
        f"{_money(before, facts.currency)}: {percent:+,.0f} %.",
    )


def _money(amount: Decimal, currency: str) -> str:
    return f"{quantize(amount, currency):,f}"
