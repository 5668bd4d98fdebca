"""What discounts take off the charges of a period (DSC-1 to DSC-4).

Pure: charges and granted discounts come in, what each takes off each charge goes out. Whether a
discount is granted for a charge and period at all is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from foundation.money import allocate, quantize

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
PERCENT, AMOUNT = "PERCENT", "AMOUNT"
FREE_UNITS, PRICE_OVERRIDE = "FREE_UNITS", "PRICE_OVERRIDE"
VOLUME_REBATE = "VOLUME_REBATE"
CHARGE, OFFER, ACCOUNT, INVOICE = "CHARGE", "OFFER", "ACCOUNT", "INVOICE"
STAGES: Final = (
    (CHARGE, FREE_UNITS),
    (CHARGE, PRICE_OVERRIDE),
    (CHARGE, PERCENT),
    (CHARGE, AMOUNT),
    (OFFER, ""),
    (ACCOUNT, ""),
)
"""The order in which discounts are taken (DSC-1); the last two take all kinds by priority."""


class Discount(NamedTuple):
    """A granted discount. `value` is a share, money, free units or a price, by kind.

    `steps` are of a percentage by volume: from which amount on which share, ascending.
    """

    grant_id: int
    kind: str
    level: str
    value: Decimal
    priority: int = 100
    is_additive: bool = False
    stack_group: str = ""
    is_exclusive: bool = False
    max_amount: Decimal | None = None
    prorates: bool = True
    steps: tuple[tuple[Decimal, Decimal], ...] = ()

    def at(self, volume: Decimal) -> Discount:
        """Return the percentage that a percentage by volume is at a volume, of all of it (DSC-1).

        2 % from 1,000 and 5 % from 5,000: 1,000.00 gets 20.00, 5,000.00 gets 250.00.
        """
        share = max((share for least, share in self.steps if least <= volume), default=ZERO)
        return self._replace(kind=PERCENT, value=share)


class Base(NamedTuple):
    """An amount that may be discounted. `pots` are the keys of its charge, offer and account.

    All bases with the same key of a level share one amount, one ceiling and one choice of the
    best discount. `factor` is the part of the full period that the base covers. `grants` are the
    discounts that hold for it.
    """

    amount: Decimal
    quantity: Decimal
    factor: Decimal
    pots: tuple[Hashable, Hashable, Hashable]
    grants: frozenset[int]
    is_usage: bool = False


class Relief(NamedTuple):
    """What a discount takes off a base, as a positive amount; `entry` is what it was taken of."""

    base: int
    grant_id: int
    amount: Decimal
    entry: Decimal


def reliefs(bases: Sequence[Base], discounts: Iterable[Discount], currency: str) -> list[Relief]:
    """Return what the discounts take off the bases, in line order within each discount.

    Stages come in the order of DSC-1, within a stage priority and grant decide (DSC-2). Every
    amount is rounded half up by base, and nothing falls below zero (DSC-3).
    """
    work = _Work(bases, currency)
    granted = sorted(discounts, key=lambda one: (one.priority, one.grant_id))
    for level, kind in STAGES:
        of_stage = [
            one for one in granted if one.level == level and (not kind or one.kind == kind)
        ]
        if of_stage:
            work.stage(level, of_stage)
    return work.found


class _Work:
    """The running nets of the bases while the stages take off theirs."""

    def __init__(self, bases: Sequence[Base], currency: str) -> None:
        self.bases = bases
        self.currency = currency
        self.left = [max(one.amount, ZERO) for one in bases]
        self.found: list[Relief] = []

    def stage(self, level: str, discounts: Sequence[Discount]) -> None:
        at = (CHARGE, OFFER, ACCOUNT).index(level)
        pots: dict[Hashable, list[int]] = {}
        for number, base in enumerate(self.bases):
            if base.grants:
                pots.setdefault(base.pots[at], []).append(number)
        for members in pots.values():
            for step in _steps(discounts):
                self._take(self._best(step, members))

    def _best(self, step: Sequence[Discount], members: Sequence[int]) -> list[Relief]:
        """Return what a step takes; of exclusive discounts only the best for the customer."""
        if not any(one.is_exclusive for one in step):
            return self._group(step, members)
        tried = [self._group([one], members) for one in step]
        return max(tried, key=lambda one: sum((each.amount for each in one), ZERO))

    def _group(self, step: Sequence[Discount], members: Sequence[int]) -> list[Relief]:
        if len(step) == 1:
            return self._one(step[0], members)
        found: list[Relief] = []
        spent = {one.grant_id: ZERO for one in step}
        for number in members:
            base = self.bases[number]
            here = [one for one in step if one.grant_id in base.grants]
            entry = self.left[number]
            together = sum((one.value for one in here), ZERO)
            if not together or not entry:
                continue
            whole = min(quantize(entry * together, self.currency), entry)
            parts = allocate(whole, [one.value for one in here], self.currency)
            for one, part in zip(here, parts, strict=True):
                if one.max_amount is not None:
                    part = min(part, one.max_amount - spent[one.grant_id])
                spent[one.grant_id] += part
                if part:
                    found.append(Relief(number, one.grant_id, part, entry))
        return found

    def _one(self, one: Discount, members: Sequence[int]) -> list[Relief]:
        """Take one discount in line order, until its amount or its ceiling is used up."""
        mine = [number for number in members if one.grant_id in self.bases[number].grants]
        if one.kind == VOLUME_REBATE:
            one = one.at(sum((self.left[number] for number in mine), ZERO))
        rest = self._budget(one, mine)
        units = one.value
        found: list[Relief] = []
        for number in mine:
            base, entry = self.bases[number], self.left[number]
            wanted = _wanted(one, base, entry, units)
            amount = min(quantize(wanted, self.currency), entry)
            if rest is not None:
                amount = min(amount, rest)
            if one.kind == FREE_UNITS and base.is_usage:
                units -= min(units, max(base.quantity, ZERO))
            if amount > ZERO:
                found.append(Relief(number, one.grant_id, amount, entry))
                if rest is not None:
                    rest -= amount
        return found

    def _budget(self, one: Discount, mine: Sequence[int]) -> Decimal | None:
        """Return what the discount may take of these bases together; None is no bound."""
        if one.kind != AMOUNT:
            return one.max_amount
        amount = one.value
        if one.prorates:
            amount = quantize(amount * self._covered(mine), self.currency)
        return amount if one.max_amount is None else min(amount, one.max_amount)

    def _covered(self, mine: Sequence[int]) -> Decimal:
        """Return the part of the period that the charge most of it covers; usage covers it all."""
        parts: dict[Hashable, Decimal] = {}
        for number in mine:
            base = self.bases[number]
            if base.is_usage:
                return ONE
            key = base.pots[0]
            parts[key] = parts.get(key, ZERO) + base.factor
        return min(ONE, max(parts.values(), default=ZERO))

    def _take(self, found: Iterable[Relief]) -> None:
        for one in found:
            self.left[one.base] -= one.amount
            self.found.append(one)


def _steps(discounts: Sequence[Discount]) -> list[list[Discount]]:
    """Group what is decided together: additive percents and exclusive ones of a stack group."""
    steps: list[list[Discount]] = []
    known: dict[str, list[Discount]] = {}
    exclusive = {one.stack_group for one in discounts if one.is_exclusive and one.stack_group}
    for one in discounts:
        together = one.stack_group in exclusive or (
            one.stack_group and one.is_additive and one.kind == PERCENT
        )
        if together and one.stack_group in known:
            known[one.stack_group].append(one)
            continue
        step = [one]
        steps.append(step)
        if together:
            known[one.stack_group] = step
    return steps


_WANTED: Final[dict[str, Callable[[Decimal, Base, Decimal], Decimal]]] = {
    PERCENT: lambda value, _, entry: entry * value,
    AMOUNT: lambda _, __, entry: entry,
    PRICE_OVERRIDE: lambda value, base, entry: entry - base.quantity * value * base.factor,
}


def _wanted(one: Discount, base: Base, entry: Decimal, units: Decimal) -> Decimal:
    if one.kind != FREE_UNITS:
        return _WANTED[one.kind](one.value, base, entry)
    if base.quantity <= ZERO:
        return ZERO
    return entry * min(units, base.quantity) / base.quantity


class Share(NamedTuple):
    """What an amount off the whole document takes off each line, and what of it is not used."""

    parts: list[Decimal]
    unused: Decimal


def off_document(
    nets: Sequence[Decimal], currency: str, *, value: Decimal, kind: str = AMOUNT
) -> Share:
    """Share a discount on the whole document over its eligible lines, by net (DSC-4).

    It is capped to the sum of the nets; what is left over is told, and lapses or waits for the
    next document as the discount says.
    """
    weights = [max(one, ZERO) for one in nets]
    total = sum(weights, ZERO)
    wanted = quantize(total * value, currency) if kind == PERCENT else value
    given = min(wanted, total)
    if not given:
        return Share([ZERO for _ in nets], wanted if kind == AMOUNT else ZERO)
    return Share(allocate(given, weights, currency), wanted - given)
