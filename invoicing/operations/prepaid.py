"""Pay documents of a run from balances of money: laid out with the draft, drawn on posting (J25).

A payer without such a balance costs nothing: a chunk is looked at only in a house where one is
open, by one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.backends.utils import CursorWrapper

import rating.operations
import rating.queries
from invoicing.choices import DocumentType
from invoicing.operations.reading import own_rows
from rating.rules.money import Due, Pay, Purse, pay

if TYPE_CHECKING:
    from invoicing.operations.frame import Frame
    from invoicing.operations.posting import Head
    from invoicing.operations.writing import Draft

ZERO: Final = Decimal(0)
GIVEN: Final = "GIVEN"
Drawn = list[tuple[str, Decimal]]
"""What balances pay of a document, by GL code of J25: what was paid for them, what was given."""


def lay_out(cursor: CursorWrapper, frame: Frame, drafts: Sequence[Draft]) -> None:
    """Say of each draft what balances of money of its payer will pay (ENT-2, COM-3, INV-2)."""
    if not (frame.has_prepaid and drafts):
        return
    held = rating.queries.purses(cursor, [one.payer.id for one in drafts])
    for draft in drafts:
        purses = held.get(draft.payer.id, [])
        for document in draft.documents:
            if not purses or document.doc_type != DocumentType.INVOICE:
                continue
            dues = [
                Due(
                    one.entry.change.start,
                    one.entry.change.end,
                    _usage_type(frame, one.entry.subject.charge_id),
                    one.net + sum((tax.amount for tax in one.taxes), ZERO),
                )
                for one in document.lines
            ]
            limit = document.total + document.rounding
            pays, purses = _pay(dues, purses, draft.payer.currency, limit)
            document.prepaid = sum((one.amount for one in pays), ZERO)


def draw_balances(
    cursor: CursorWrapper, frame: Frame, heads: Sequence[Head]
) -> tuple[dict[int, Drawn], set[int]]:
    """Draw what drafts say that balances pay; return it by document, and whom it no longer fits.

    Nothing is drawn for a payer whose balances would pay another amount now.
    Locks: the balances of these payers, in the order of ids.
    """
    if not heads:
        return {}, set()
    held = rating.queries.purses(cursor, [head.payer_id for head in heads], lock=True)
    dues: dict[int, list[Due]] = {head.id: [] for head in heads}
    for invoice_id, start, end, charge_id, amount in own_rows(
        cursor, "prepaid_lines", invoices=list(dues)
    ):
        dues[invoice_id].append(Due(start, end, _usage_type(frame, charge_id), amount))
    found: dict[int, tuple[int, list[Pay]]] = {}
    spent: set[int] = set()
    for head in heads:
        pays, held[head.payer_id] = _pay(
            dues[head.id],
            held.get(head.payer_id, []),
            head.currency,
            head.total + head.rounding,
        )
        if sum((one.amount for one in pays), ZERO) != head.prepaid:
            spent.add(head.payer_id)
        found[head.id] = (head.payer_id, pays)
    drawn = {invoice: pays for invoice, (payer, pays) in found.items() if payer not in spent}
    rating.operations.draw_money(
        [(one.purse_id, one.amount, invoice) for invoice, pays in drawn.items() for one in pays]
    )
    return {invoice: _by_code(pays) for invoice, pays in drawn.items()}, spent


def _by_code(pays: Iterable[Pay]) -> Drawn:
    paid = sum((one.paid for one in pays), ZERO)
    given = sum((one.amount for one in pays), ZERO) - paid
    return [(code, amount) for code, amount in (("", paid), (GIVEN, given)) if amount]


def _usage_type(frame: Frame, charge_id: int) -> int | None:
    charge = frame.catalog.charges.get(charge_id)
    return charge.usage_type_id if charge is not None else None


def _pay(
    dues: Sequence[Due], purses: Sequence[Purse], currency: str, limit: Decimal
) -> tuple[list[Pay], list[Purse]]:
    """Return what balances pay of a document, and the balances as they are then."""
    pays = list(pay(dues, [one for one in purses if one.currency == currency], limit))
    taken = {one.purse_id: one.amount for one in pays}
    return pays, [replace(one, left=one.left - taken.get(one.id, ZERO)) for one in purses]
