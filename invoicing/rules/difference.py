"""Bill only the difference between what is owed and what has been billed (CHG-3 to CHG-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
ONE = Decimal(1)

Key = tuple[date, str, str]
"""Start of the segment, usage group, price: what stays itself while amounts move."""


class Target(NamedTuple):
    """What one piece of a full period owes by the timeline, the usage and the prices of today."""

    start: date
    end: date
    usage_key: str
    price_key: str
    quantity: Decimal
    unit_price: Decimal | None
    factor: Decimal
    exact: Decimal
    amount: Decimal
    price_version_id: int | None
    service_id: int | None
    trace: str | None


class Billed(NamedTuple):
    """An item of a posted document; `left` is what of it may still be given back (CHG-11).

    `is_back` says that it gives another item back; a negative item that does not is a credit of
    its own, for usage that was taken back beyond what there was.
    """

    id: int
    line_id: int
    start: date
    end: date
    usage_key: str
    price_key: str
    generation: int
    quantity: Decimal
    unit_price: Decimal | None
    factor: Decimal
    amount: Decimal
    left: Decimal
    price_version_id: int | None
    service_id: int | None
    payer_id: int = 0
    is_back: bool = False


class Change(NamedTuple):
    """An item to write. `reverses` names what a reduction gives back (CHG-5)."""

    start: date
    end: date
    usage_key: str
    price_key: str
    generation: int
    quantity: Decimal
    unit_price: Decimal | None
    factor: Decimal
    exact: Decimal
    amount: Decimal
    price_version_id: int | None
    service_id: int | None
    trace: str | None
    reverses: Billed | None


def changes(
    targets: Sequence[Target],
    billed: Sequence[Billed],
    payer_id: int = 0,
    *,
    rebills: bool = False,
) -> list[Change]:
    """Return the items after which billed equals target for one charge and full period (CHG-3).

    Same identity and amount: nothing. Same start and price, other amount: one difference item.
    No longer owed: the full billed amount is given back. Not yet billed: a new item. Running it
    on its own result returns nothing (CHG-8). With a payer named, items of other payers count
    for nothing but the generation (HIER-6). `rebills` gives a changed amount back whole and bills
    it anew, where nothing of it was credited by hand; what is unchanged stays untouched.

    A target below zero (corrections that exceed the usage) gives back all that was billed and
    then credits what lies below zero as an item of its own: billed 10.00 and owed -5.00 gives
    -10.00 back and -5.00 anew; owed -8.00 later, another -3.00. Back at nothing, 8.00 are billed.

    Raises: BilledLessThanNothing.
    """
    if not billed:
        return [_new(target, 0) for target in targets]
    groups: dict[Key, list[Billed]] = {}
    for item in billed:
        groups.setdefault((item.start, item.usage_key, item.price_key), []).append(item)
    found: list[Change] = []
    for target in targets:
        every = groups.pop((target.start, target.usage_key, target.price_key), [])
        items = [one for one in every if not payer_id or one.payer_id == payer_id]
        generation = _next_generation(every, payer_id)
        if not items:
            found.append(_new(target, generation))
            continue
        difference = target.amount - _sum(items)
        if difference and rebills and _is_whole(items):
            back = _less(None, items, -_sum(items), generation)
            found += [*back, _new(target, generation + len(back))]
        elif difference > ZERO:
            found.append(_more(target, items, difference, generation))
        elif difference < ZERO:
            found += _less(target, items, difference, generation)
    for every in groups.values():
        items = [one for one in every if not payer_id or one.payer_id == payer_id]
        difference = -_sum(items)
        if difference < ZERO:
            found += _less(None, items, difference, _next_generation(every, payer_id))
        elif difference > ZERO:
            found.append(_recalled(items, difference, _next_generation(every, payer_id)))
    return found


class BilledLessThanNothing(Exception):
    """More was given back than was ever billed for a piece of a period."""

    rule = "CHG-3"

    def __init__(self, item_id: int) -> None:
        super().__init__(
            f"Charge item {item_id} and its corrections add up to less than nothing; "
            "a person has to look at them."
        )


def _new(target: Target, generation: int) -> Change:
    return Change(
        target.start,
        target.end,
        target.usage_key,
        target.price_key,
        generation,
        target.quantity,
        target.unit_price,
        target.factor,
        target.exact,
        target.amount,
        target.price_version_id,
        target.service_id,
        target.trace,
        None,
    )


def _more(target: Target, items: list[Billed], difference: Decimal, generation: int) -> Change:
    """Bill what was added: a new supply, taxed on the new document (CHG-5)."""
    quantity, factor = _moved(target, items)
    return _new(target, generation)._replace(
        quantity=quantity, factor=factor, exact=difference, amount=difference
    )


def _less(
    target: Target | None, items: list[Billed], difference: Decimal, generation: int
) -> list[Change]:
    """Give back what is no longer owed, the latest item first, never twice (CHG-5, CHG-11)."""
    found: list[Change] = []
    rest = -difference
    quantity, factor = (
        _moved(target, items)
        if target is not None
        else (-sum((one.quantity for one in items), ZERO), ONE)
    )
    below = ZERO if target is None else _credited(items) - min(target.amount, ZERO)
    for item in sorted(items, key=lambda one: -one.generation):
        given = min(rest, item.left)
        if given <= ZERO:
            continue
        whole = (target is None or below > ZERO) and given == item.amount
        found.append(
            Change(
                item.start,
                item.end,
                item.usage_key,
                item.price_key,
                generation + len(found),
                -item.quantity if whole else quantity,
                item.unit_price,
                item.factor if whole else factor,
                -given,
                -given,
                item.price_version_id,
                item.service_id,
                None,
                item,
            )
        )
        rest -= given
        if rest == ZERO:
            break
    below = min(rest, below)
    if target is not None and below > ZERO:
        rest_quantity = quantity - sum((one.quantity for one in found), ZERO)
        found.append(
            _new(target, generation + len(found))._replace(
                quantity=rest_quantity, factor=factor, exact=-below, amount=-below
            )
        )
    return found


def _credited(items: Iterable[Billed]) -> Decimal:
    """Return what was credited below zero, as a negative amount."""
    return sum((one.amount for one in items if one.amount < ZERO and not one.is_back), ZERO)


def _recalled(items: list[Billed], difference: Decimal, generation: int) -> Change:
    """Bill a credit below zero back once nothing is owed to the customer any more.

    Raises: BilledLessThanNothing when there was no such credit.
    """
    last = items[-1]
    if not _credited(items):
        raise BilledLessThanNothing(items[0].id)
    quantity = -sum((one.quantity for one in items), ZERO)
    return Change(
        *(last.start, last.end, last.usage_key, last.price_key, generation, quantity),
        *(last.unit_price, ONE, difference, difference, last.price_version_id, last.service_id),
        trace=None,
        reverses=None,
    )


def _is_whole(items: Sequence[Billed]) -> bool:
    """Tell whether all that is billed can be given back: nothing of it was credited by hand."""
    total = _sum(items)
    return total > ZERO and total == sum((one.left for one in items), ZERO)


def _moved(target: Target, items: list[Billed]) -> tuple[Decimal, Decimal]:
    """Return quantity and factor of a difference; the factor moves where the quantity stays."""
    if all(one.quantity == target.quantity for one in items):
        factor = target.factor - sum((one.factor for one in items), ZERO)
        if factor:
            return target.quantity, factor
    return target.quantity - sum((one.quantity for one in items), ZERO), target.factor


def _next_generation(items: Sequence[Billed], payer_id: int = 0) -> int:
    """Return the first generation that no other payer's share of the same run will take (HIER-6).

    A payer gives back its items one by one and bills at most one anew; those with items come one
    after the other, a payer that has none yet comes last.
    """
    first = max((one.generation for one in items), default=-1) + 1
    if not payer_id or all(one.payer_id == payer_id for one in items):
        return first
    is_known = any(one.payer_id == payer_id for one in items)
    before = [
        one
        for one in items
        if one.payer_id != payer_id and (not is_known or one.payer_id < payer_id)
    ]
    return first + len(before) + len({one.payer_id for one in before})


def _sum(items: Iterable[Billed]) -> Decimal:
    total = ZERO
    for one in items:
        total += one.amount
    return total
