"""Bill what a promise lacks, and take off what goes beyond a cap (COM-1, COM-2, COM-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from invoicing.operations.inputs import Owner, Payer
from invoicing.rules.charging import Life
from invoicing.rules.committing import (
    CHARGES,
    DISCOUNTS,
    DOCUMENTS,
    Promise,
    cap_targets,
    life_of,
    shortfalls,
)
from invoicing.rules.difference import Target
from invoicing.rules.discounting import OFF_DOCUMENT, Owed
from invoicing.rules.documents import Entry, Subject

if TYPE_CHECKING:
    from invoicing.operations.frame import Frame

ZERO: Final = Decimal(0)
SECTION: Final = "Commitments"
MINIMUM, MAXIMUM = "MINIMUM", "MAXIMUM"


def cap(payer: Payer, frame: Frame, owed: Sequence[Owed], targets: Sequence[list[Target]]) -> None:
    """Add to the discounts of each full period what goes beyond the caps of the payer (COM-4)."""
    for promise in payer.promises:
        terms = frame.commitments[promise.spec_id]
        if terms.kind != MAXIMUM:
            continue
        chosen = [
            number
            for number, one in enumerate(owed)
            if one.life.id in promise.charges and one.plan.charge_id in terms.charges
        ]
        found = cap_targets(
            promise,
            terms.window_kind,
            [owed[number] for number in chosen],
            [targets[number] for number in chosen],
            _measured(promise, terms.charges),
            terms.measure,
            prorates=terms.prorates,
            currency=payer.currency,
        )
        for number, more in zip(chosen, found, strict=True):
            targets[number].extend(more)


def make_up(payer: Payer, frame: Frame, entries: Sequence[Entry]) -> list[Entry]:
    """Return what the promises of the payer lack, and what of it is given back (COM-1, COM-2).

    `entries` are what this run bills besides: it counts as well. Fees, amounts by hand and taxes
    do not.
    """
    found: list[Entry] = []
    for promise in payer.promises:
        terms = frame.commitments[promise.spec_id]
        if terms.kind != MINIMUM:
            continue
        amounts = _measured(promise, terms.charges)
        for entry in entries:
            if _counts(entry, promise, terms.charges):
                key = (entry.period.start, _what(entry))
                amounts[key] = amounts.get(key, ZERO) + entry.change.amount
        changes = shortfalls(
            promise,
            terms.window_kind,
            amounts,
            terms.measure,
            prorates=terms.prorates,
            currency=payer.currency,
            until=frame.bill_date,
            looks_back=frame.cycle.rebill_periods + 1,
            payer_id=payer.id,
        )
        subject = Subject(
            "OTHER", SECTION, 4, terms.text, "", terms.tax_category, terms.gl_code,
            terms.product_id, 0,
        )  # fmt: skip
        owner = payer.owners.get(promise.account_id) or Owner(payer.id, 0, "", None, payer.bill_to)
        place = frame.place(0, owner.place_id, payer.bill_to)
        exempt = tuple(payer.exemptions.get(owner.id, ()))
        life = life_of(promise)
        found += [
            Entry(life, subject, window, change, place, False, exempt, owner.id, owner.place)
            for window, change in changes
        ]
    return found


def _measured(promise: Promise, charges: frozenset[int]) -> dict[tuple[date, int], Decimal]:
    found: dict[tuple[date, int], Decimal] = {}
    for (charge, day, what), amount in promise.measured.items():
        if charge in charges:
            found[day, what] = found.get((day, what), ZERO) + amount
    return found


def _counts(entry: Entry, promise: Promise, charges: frozenset[int]) -> bool:
    life = entry.tag
    return (
        isinstance(life, Life)
        and life.id in promise.charges
        and entry.subject.charge_id in charges
    )


def _what(entry: Entry) -> int:
    if entry.relief is None:
        return CHARGES
    return DOCUMENTS if OFF_DOCUMENT in entry.change.price_key else DISCOUNTS
