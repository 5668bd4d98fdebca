"""Bundles: what becomes of their components, and what keeps an order of one from being complete.

A component belongs to the bundle whose subscription it came with. Quantities are asked for each
unit of the bundle; a component has so many for all of them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from customers.rules.completeness import Missing
from foundation.money import ZERO, round_places

QUANTITY_PLACES = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """A component of the bundle as it is to be: how it is treated, and how many for each unit.

    `asked` is what the order asks for; None leaves it as it is, or as the catalogue has it.
    """

    offer: str
    treatment: tuple[str, ...]
    default: Decimal
    asked: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A component that the bundle has: its subscription, and how many for all units together."""

    key: int
    offer: str
    treatment: tuple[str, ...]
    quantity: Decimal


@dataclass(slots=True)
class Change:
    """What becomes of one component: it begins, ends, does both, or goes on.

    `quantity` is what a new one begins with, or what one that goes on has from then on, if other
    than before; `total` is what there is of it after the change.
    """

    offer: str
    total: Decimal
    held: Held | None = None
    begins: bool = False
    ends: bool = False
    quantity: Decimal | None = None
    prices: dict[str, Decimal] = field(default_factory=dict)

    @property
    def does_something(self) -> bool:
        """Tell whether an order item is needed for it."""
        return self.begins or self.ends or self.quantity is not None or bool(self.prices)


def changes(
    wanted: Sequence[Wanted],
    held: Sequence[Held],
    before: Decimal,
    after: Decimal,
    *,
    is_new: bool,
) -> list[Change]:
    """Return what becomes of each component when a bundle comes, changes or grows (BND-2).

    Unless asked for otherwise, so many as there were for each unit; of a new bundle, or another
    version of it, what is new as the catalogue has it. One that is treated otherwise in another
    version ends and begins anew. Three bundles with two boxes each have six; of four, eight.
    """
    mine = {one.offer: one for one in held}
    found = []
    for want in wanted:
        had = mine.pop(want.offer, None)
        if want.asked is not None:
            total = want.asked * after
        elif had is not None:
            total = round_places(had.quantity * after / before, QUANTITY_PLACES)
        else:
            total = want.default * after if is_new else ZERO
        found.append(_change(want, had, total))
    gone = [Change(one.offer, ZERO, one, ends=True) for one in mine.values()]
    return [*gone, *(one for one in found if one.held or one.begins)]


def _change(want: Wanted, had: Held | None, total: Decimal) -> Change:
    if had is None:
        return Change(want.offer, total, begins=total > 0, quantity=total)
    if not total:
        return Change(want.offer, ZERO, had, ends=True)
    if had.treatment != want.treatment:
        return Change(want.offer, total, had, begins=True, ends=True, quantity=total)
    return Change(want.offer, total, had, quantity=None if total == had.quantity else total)


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What the gate knows of a component: its bounds for each unit, and what there will be."""

    offer: str
    minimum: Decimal
    maximum: Decimal | None
    total: Decimal


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A component that would outlive the end of its bundle, and the day on which it begins."""

    number: str
    starts_on: date


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What the gate knows of one item for a bundle."""

    seq: int
    effective_on: date
    quantity: Decimal = ZERO
    parts: tuple[PartFacts, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Alone:
    """An item that would change a component by itself."""

    seq: int
    number: str
    bundle: str


def missing_in_bundles(
    bundles: Iterable[BundleFacts], alone: Iterable[Alone]
) -> Iterator[Missing]:
    """Say what keeps the bundles of an order from being carried out (BND-1, BND-3, BND-4)."""
    for bundle in bundles:
        for part in bundle.parts:
            yield from _out_of_bounds(bundle, part)
        for one in bundle.left_out:
            text = (
                f"{one.number} comes to the bundle on {one.starts_on}; withdraw that first."
                if one.starts_on > bundle.effective_on
                else f"{one.number} is a part of the bundle by now; place the order anew."
            )
            yield Missing(bundle.seq, "components", "BND-4", text)
    for item in alone:
        text = f"{item.number} is a part of {item.bundle}; order what becomes of it there."
        yield Missing(item.seq, "subscription", "BND-3", text)


def _out_of_bounds(bundle: BundleFacts, part: PartFacts) -> Iterator[Missing]:
    if part.total < part.minimum * bundle.quantity:
        text = f"{part.offer}: at least {part.minimum.normalize():f} for each bundle."
        yield Missing(bundle.seq, "components", "BND-1", text)
    if part.maximum is not None and part.total > part.maximum * bundle.quantity:
        text = f"{part.offer}: at most {part.maximum.normalize():f} for each bundle."
        yield Missing(bundle.seq, "components", "BND-1", text)


def told_of_bundles(
    found: Iterable[Missing], parts: Mapping[int, tuple[int, str]]
) -> Iterator[Missing]:
    """Tell what is missing in a component at the item of its bundle, which the clerk wrote.

    `parts` maps the place of an item to that of the item it follows, and the offer it is for. A
    bundle whose components change does change (ORD-14).
    """
    changing = {seq for seq, _ in parts.values()}
    for one in found:
        if one.item in parts:
            seq, offer = parts[one.item]
            yield replace(one, item=seq, field="components", message=f"{offer}: {one.message}")
        elif one.item not in changing or (one.rule, one.field) != ("ORD-14", "action"):
            yield one
