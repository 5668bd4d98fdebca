"""Bill the discounts of a payer: each a negative item beside what it reduces (DSC-1 to DSC-6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from catalog.rules.discounts import AMOUNT, INVOICE, off_document
from invoicing.operations.committing import cap
from invoicing.operations.inputs import Payer
from invoicing.rules.charging import Life
from invoicing.rules.difference import Billed, Change
from invoicing.rules.discounting import (
    Grant,
    Owed,
    Relief,
    base_key,
    grant_of,
    off_document_change,
    relief_changes,
    relief_targets,
)
from invoicing.rules.documents import Entry
from invoicing.rules.timeline import FOREVER

if TYPE_CHECKING:
    from invoicing.operations.frame import Frame

ZERO: Final = Decimal(0)
Key = tuple[int, date, date, str, str]


def granted(payer: Payer, frame: Frame) -> list[Grant]:
    """Return the discounts that hold for charges of the payer.

    An amount is given to the account's own payer alone, not to one that bears redirected charges.
    """
    found: dict[int, Grant] = {}
    for (
        number,
        discount_id,
        starts,
        ends,
        periods,
        owner,
        own,
        subscription,
        charge,
        spans,
        value,
        node,
    ) in payer.granted:
        terms = frame.discounts[discount_id]
        if charge not in terms.charges:
            continue
        if terms.terms.kind == AMOUNT and payer.owners[owner].is_guest:
            continue
        if value is not None and terms.terms.level == INVOICE and node != payer.id:
            continue  # one bill of one payer, not those of accounts below it (ADJ-1)
        grant = found.get(number)
        if grant is None:
            grant = found[number] = Grant(
                terms.terms._replace(
                    grant_id=number, value=terms.terms.value if value is None else value
                ),
                terms.code,
                terms.text,
                starts,
                FOREVER if ends is None else ends,
                periods,
                terms.counts_stub,
                terms.carries_forward,
                {},
                {},
            )
        grant.subscriptions[own] = subscription  # type: ignore[index]
        if spans:
            grant.spans[own] = [  # type: ignore[index]
                (one.lower, FOREVER if one.upper is None else one.upper) for one in spans
            ]
    return list(found.values())


def discount(
    payer: Payer, frame: Frame, owed: Sequence[Owed], entries: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Return the discounts of new items, and those that come late to what was billed before.

    `entries` are the items that the run bills of the same charges.
    """
    grants = granted(payer, frame)
    texts = {one.terms.grant_id: one.text for one in grants}
    new = {_key(one): one for one in entries if one.change.reverses is None}
    calendar = frame.calendar(payer)
    found: list[Entry] = []
    late: list[Entry] = []
    targets = relief_targets(owed, grants, calendar, payer.currency)
    if payer.promises:
        cap(payer, frame, owed, targets)
    for due, wanted in zip(owed, targets, strict=True):
        for change in relief_changes(due, wanted, payer.currency, payer.id):
            entry, is_late = _entry(change, due, payer, frame, new, texts)
            (late if is_late else found).append(entry)
    found += _off_documents(payer, frame, grants, [*entries, *found])
    return found, late


def _key(entry: Entry) -> Key:
    life, change = entry.tag, entry.change
    own = life.id if isinstance(life, Life) else 0
    return (own, entry.period.start, change.start, change.usage_key, change.price_key)


def _entry(
    change: Change,
    owed: Owed,
    payer: Payer,
    frame: Frame,
    new: dict[Key, Entry],
    texts: dict[int, str],
) -> tuple[Entry, bool]:
    """Make the entry of a discount, and tell whether it comes late: its base was billed before."""
    life, plan, period, _ = owed
    base_price = base_key(change.price_key)
    grant_id = grant_of(change.price_key)
    key = (life.id, period.start, change.start, change.usage_key, base_price)
    base: Billed | Change | None = None
    is_new = change.reverses is None
    if is_new and key in new:
        base = new[key].change
    if base is None:
        base = _billed_base(life, (period.start, period.end), change, base_price, payer.id)
    is_late = is_new and isinstance(base, Billed)
    name = texts.get(grant_id) or frame.grant_text(grant_id)
    owner = payer.owners[life.owner_id]
    subject = frame.subjects[plan.charge_id]
    return (
        Entry(
            life,
            subject._replace(text=f"{name}: {subject.text}"[:160]),
            period,
            change,
            frame.place(plan.charge_id, life.place_id or owner.place_id, payer.bill_to),
            change.price_version_id in frame.inclusive,
            tuple(payer.exemptions.get(owner.id, ())),
            owner.id,
            owner.place,
            Relief(grant_id, base),
        ),
        is_late,
    )


def _billed_base(
    life: Life, days: tuple[date, date], change: Change, price_key: str, payer_id: int
) -> Billed:
    """Return the item that an earlier document billed and the discount is of.

    Raises: LookupError where there is none (the account waits with this reason).
    """
    for one in life.billed.get(days, ()):
        same = (one.start, one.usage_key, one.price_key)
        if (
            same == (change.start, change.usage_key, price_key)
            and one.amount > ZERO
            and one.payer_id == payer_id
        ):
            return one
    raise LookupError(f"no charge from {change.start} on was billed that the discount is of")


def _off_documents(
    payer: Payer, frame: Frame, grants: Sequence[Grant], entries: Sequence[Entry]
) -> list[Entry]:
    """Share amounts off the whole document over its new charges, by net (DSC-4).

    Fees, corrections of earlier periods and what waited before the run bear none of them.
    """
    of_document = sorted(
        (one for one in grants if one.terms.level == INVOICE),
        key=lambda one: (one.terms.priority, one.terms.grant_id),
    )
    if not of_document:
        return []
    found: list[Entry] = []
    nets = _nets(entries)
    for grant in of_document:
        value = _available(grant, payer, frame)
        bases = [
            (base, net)
            for base, net in nets
            if isinstance(base.tag, Life) and base.tag.id in grant.subscriptions
        ]
        if not value or not bases:
            continue
        share = off_document(
            [net[0] for _, net in bases], payer.currency, value=value, kind=grant.terms.kind
        )
        rest = grant.terms.max_amount
        for (base, net), part in zip(bases, share.parts, strict=True):
            given = part if rest is None else min(part, rest)
            if rest is not None:
                rest -= given
            if given:
                change = off_document_change(base.change, grant, given, net[0])
                found.append(
                    base._replace(
                        subject=base.subject._replace(
                            text=f"{grant.text}: {base.subject.text}"[:160]
                        ),
                        change=change,
                        relief=Relief(grant.terms.grant_id, base.change),
                    )
                )
                net[0] -= given
    return found


def _nets(entries: Sequence[Entry]) -> list[tuple[Entry, list[Decimal]]]:
    """Return the new charges of running periods with what their discounts leave of each."""
    found: dict[Key, tuple[Entry, list[Decimal]]] = {}
    for one in entries:
        life, change = one.tag, one.change
        if not isinstance(life, Life) or change.reverses is not None or change.generation:
            continue
        if (one.period.start, one.period.end) in life.billed:
            continue
        key = _key(one)
        if one.relief is None:
            found[key] = (one, [change.amount])
        else:
            base = found.get((*key[:4], base_key(change.price_key)))
            if base is not None:
                base[1][0] += change.amount
    return list(found.values())


def _available(grant: Grant, payer: Payer, frame: Frame) -> Decimal:
    """Return what a discount may take off this document: its value, and what earlier ones left.

    It lasts for as many documents as it has reduced (DSC-5).
    """
    if not grant.starts <= frame.bill_date < grant.ends:
        return ZERO
    given, documents = payer.off_documents.get(grant.terms.grant_id, (ZERO, 0))
    if grant.terms.kind == AMOUNT and grant.carries_forward:
        most = documents + 1 if grant.periods is None else min(documents + 1, grant.periods)
        return grant.terms.value * most - given
    if grant.periods is not None and documents >= grant.periods:
        return ZERO
    return grant.terms.value
