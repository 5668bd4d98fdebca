"""Pay documents from balances of money: which balance, in which order, how much (ENT-2, ENT-9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from foundation.money import quantize
from rating.rules.drawing import RANKS

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Purse:
    """A balance of money as documents see it.

    Its days are local and half-open; without an `end` it lasts until it is used up. Without a
    `usage_type_id` it pays for everything that is billed. `consideration` is what was paid for all
    of `initial`: less where some of it was given.
    """

    id: int
    left: Decimal
    initial: Decimal
    consideration: Decimal
    currency: str
    start: date
    end: date | None = None
    usage_type_id: int | None = None
    priority: int = 100
    source: str = "TOPUP"

    def pays_for(self, due: "Due") -> bool:
        """Tell whether something due is what the balance is for, and touches its days (ENT-1)."""
        if self.usage_type_id not in (None, due.usage_type_id):
            return False
        return due.start < (self.end or date.max) and (
            due.end > self.start or due.start >= self.start
        )


class Due(NamedTuple):
    """Something that a document bills, tax included: its half-open days and kind of usage."""

    start: date
    end: date
    usage_type_id: int | None
    amount: Decimal


class Pay(NamedTuple):
    """What a balance pays; of it `paid` had been paid for, the rest was given (ENT-9)."""

    purse_id: int
    amount: Decimal
    paid: Decimal


def purse_order(purse: Purse) -> tuple[int, bool, date, int, int]:
    """Sort balances in the order in which they are drawn (ENT-2)."""
    return (
        purse.priority,
        purse.end is None,
        purse.end or purse.start,
        RANKS[purse.source],
        purse.id,
    )


def pay(dues: Sequence[Due], purses: Sequence[Purse], limit: Decimal) -> Iterator[Pay]:
    """Yield what each balance pays of a document, at most `limit` in all (ENT-1 to ENT-3, COM-3).

    What reduces the document (a discount, a credit) comes off what is of the same days and usage.
    Each thing due is paid by the first balance that may, and by the next for what is left; what
    no balance pays is owed.
    """
    left: dict[tuple[date, date, int | None], Decimal] = {}
    for due in dues:
        left[due[:3]] = left.get(due[:3], ZERO) + due.amount
    for purse in sorted(purses, key=purse_order):
        room, taken = min(purse.left, limit), ZERO
        for key, amount in left.items():
            part = min(amount, room - taken)
            if part > ZERO and purse.pays_for(Due(*key, part)):
                left[key] -= part
                taken += part
        if taken > ZERO:
            limit -= taken
            yield Pay(purse.id, taken, paid_part(purse, purse.left, purse.left - taken))


def paid_part(purse: Purse, before: Decimal, after: Decimal) -> Decimal:
    """Return how much of a draw had been paid for, from what was left to what is left (ENT-9).

    What was paid is spread over the whole balance by cumulative rounding, so that the parts of
    all draws add up to it: of 120 sold for 100, draws of 50, 50 and 20 carry 41.67, 41.66, 16.67.
    """

    def carried(left: Decimal) -> Decimal:
        used = purse.initial - left
        return quantize(purse.consideration * used / purse.initial, purse.currency)

    return carried(after) - carried(before)
