"""Rate an event for a purpose beside retail: by which agreement, and what has to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """By what the events of a charge are rated for a purpose over `[starts, ends)`.

    Those that carry `attributes`; either by `own_charge_id` at the prices of `account_id`, or as
    `share` of what the event costs the customer.
    """

    id: int
    purpose: str
    account_id: int
    own_charge_id: int | None
    share: Decimal | None
    attributes: Attributes
    starts: date
    ends: date | None

    def fits(self, attributes: Mapping[str, str], day: date) -> bool:
        """Tell whether an event of a local day is rated by it."""
        return (
            self.starts <= day
            and (self.ends is None or day < self.ends)
            and all(str(attributes.get(name)) == value for name, value in self.attributes)
        )


class Derived(NamedTuple):
    """What one event comes to for one purpose; without an amount, `reason` says why."""

    event_id: int
    purpose: str
    account_id: int
    subscription_charge_id: int
    on_date: date
    agreement_id: int
    quantity: Decimal | None
    attribute_key: str
    amount: Decimal | None
    currency: str
    price_version_id: int | None
    reason: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """Return the event and the purpose, for which there is one."""
        return self.event_id, self.purpose


def agreed(
    agreements: Iterable[Agreement], attributes: Mapping[str, str], day: date
) -> list[Agreement]:
    """Return the agreement of each purpose that rates an event: that with the most attributes."""
    found: dict[str, Agreement] = {}
    for one in agreements:
        if one.fits(attributes, day):
            known = found.get(one.purpose)
            if known is None or len(one.attributes) > len(known.attributes):
                found[one.purpose] = one
    return [found[purpose] for purpose in sorted(found)]


def is_ambiguous(one: Attributes, other: Attributes) -> bool:
    """Tell whether an event could carry both sets of attributes with neither the narrower."""
    mine, theirs = dict(one), dict(other)
    shared = mine.keys() & theirs.keys()
    return len(one) == len(other) and all(mine[name] == theirs[name] for name in shared)


def difference(
    wanted: Iterable[Derived], standing: Iterable[Derived]
) -> tuple[list[tuple[int, str]], list[Derived]]:
    """Return the keys of what goes and what comes, so that what stands becomes what is wanted."""
    known = {one.key: one for one in standing}
    coming = {one.key: one for one in wanted}
    gone = sorted(key for key, one in known.items() if coming.get(key) != one)
    come = [one for key, one in sorted(coming.items()) if known.get(key) != one]
    return gone, come
