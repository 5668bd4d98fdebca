"""Decide whether a balance of money is to be topped up (ENT-8)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TopUp:
    """What a rule says, and what stands against it at a moment.

    `left` is what remains of the balances that it fills; `asked` what was captured or is in flight
    this month, `failed` how many requests of the month brought nothing. `rests` is set while the
    last failure has not said when to try again; `not_before` when it has.
    """

    threshold: Decimal
    amount: Decimal
    most_per_month: Decimal
    most_tries: int
    left: Decimal
    asked: Decimal
    failed: int
    is_in_flight: bool
    rests: bool
    not_before: datetime | None


def held_back(one: TopUp, as_of: datetime) -> str:
    """Say why nothing is asked for at a moment; "" where a payment is to be asked for (ENT-8).

    Threshold 10, amount 25, at most 60 a month: at 10.01 nothing is asked for, at 10.00 it is; a
    third time in the month it is not, for 75 is more than 60.
    """
    if one.left > one.threshold:
        return "enough is left"
    if one.is_in_flight:
        return "a request is in flight"
    if one.asked + one.amount > one.most_per_month:
        return "the month's limit of money"
    if one.failed >= one.most_tries:
        return "the month's limit of tries"
    if one.rests:
        return "the last one failed: set the rule anew"
    if one.not_before is not None and one.not_before > as_of:
        return "the last one failed: it is tried again later"
    return ""
