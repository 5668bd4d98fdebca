"""Open one item for one document (AR-1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

import audit.operations
from foundation import copying, permissions
from foundation.errors import Refusal
from foundation.money import quantize
from ledger.models import LegalEntity
from receivables.choices import Side
from receivables.models import OpenItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.backends.utils import CursorWrapper

OPEN_ITEM_COLUMNS = (
    "payer_id",
    "entity_id",
    "source_type",
    "source_id",
    "number",
    "side",
    "doc_date",
    "due_date",
    "currency",
    "amount",
    "open",
    "disputed",
    "fx_rate",
    "functional_amount",
    "functional_open",
)


class CannotDispute(Refusal):
    """The amount does not fit the item."""

    rule = "AR-3"


def open_items_in_bulk(cursor: CursorWrapper, chunks: Iterable[str]) -> None:
    """Open the items of many documents at once, from ready COPY text (AR-1).

    Columns are OPEN_ITEM_COLUMNS, tab-separated; `open` repeats `amount`, `functional_open`
    repeats `functional_amount`, `disputed` is 0: the database refuses anything else. The caller
    owns the transaction and the journal entries of the documents.
    """
    copying.copy_text(cursor, "receivables_openitem", OPEN_ITEM_COLUMNS, chunks)


def open_debit(
    *,
    payer_id: int,
    entity_id: int,
    source_type: str,
    source_id: int,
    number: str,
    doc_date: date,
    due_date: date,
    amount: Decimal,
    currency: str,
    fx_rate: Decimal = Decimal(1),
    functional_amount: Decimal | None = None,
) -> OpenItem:
    """Open what a payer owes on a document (AR-1). The document posts its own journal entry.

    `functional_amount` is what the document's entry says it is worth; without it, amount times
    rate, rounded.
    """
    return _open(
        side=Side.DEBIT,
        payer_id=payer_id,
        entity_id=entity_id,
        source_type=source_type,
        source_id=source_id,
        number=number,
        doc_date=doc_date,
        due_date=due_date,
        amount=amount,
        currency=currency,
        fx_rate=fx_rate,
        functional_amount=functional_amount,
    )


def open_credit(
    *,
    payer_id: int,
    entity_id: int,
    source_type: str,
    source_id: int,
    number: str,
    doc_date: date,
    amount: Decimal,
    currency: str,
    fx_rate: Decimal = Decimal(1),
    functional_amount: Decimal | None = None,
) -> OpenItem:
    """Open what we hold for a payer: a payment or a credit note, wholly unapplied (AR-1).

    `functional_amount` as for open_debit.
    """
    return _open(
        side=Side.CREDIT,
        payer_id=payer_id,
        entity_id=entity_id,
        source_type=source_type,
        source_id=source_id,
        number=number,
        doc_date=doc_date,
        due_date=doc_date,
        amount=amount,
        currency=currency,
        fx_rate=fx_rate,
        functional_amount=functional_amount,
    )


def _open(
    *,
    side: Side,
    payer_id: int,
    entity_id: int,
    source_type: str,
    source_id: int,
    number: str,
    doc_date: date,
    due_date: date,
    amount: Decimal,
    currency: str,
    fx_rate: Decimal,
    functional_amount: Decimal | None,
) -> OpenItem:
    functional = functional_amount
    if functional is None:
        functional = quantize(amount * fx_rate, functional_currency(entity_id))
    return OpenItem.objects.create(
        payer_id=payer_id,
        entity_id=entity_id,
        source_type=source_type,
        source_id=source_id,
        number=number,
        side=side,
        doc_date=doc_date,
        due_date=due_date,
        currency=currency,
        amount=amount,
        open=amount,
        fx_rate=fx_rate,
        functional_amount=functional,
        functional_open=functional,
    )


def functional_currency(entity_id: int) -> str:
    """Return the currency in which an entity keeps its books."""
    return LegalEntity.objects.values_list("functional_currency", flat=True).get(pk=entity_id)


def set_disputed(
    *, item_id: int, amount: Decimal, on_date: date, reason: str, actor: User | None
) -> OpenItem:
    """Mark how much of a debit is disputed from a day on; zero lifts the dispute (AR-3).

    Raises: CannotDispute.
    """
    permissions.require(actor, "receivables.dispute_item")
    with transaction.atomic():
        item = OpenItem.objects.select_for_update().get(pk=item_id)
        if item.side != Side.DEBIT:
            raise CannotDispute("Only what a payer owes can be disputed.")
        if amount < 0 or amount > item.amount or amount != quantize(amount, item.currency):
            raise CannotDispute(
                f"The disputed part of {item.number} lies between 0 and {item.amount}"
                f" {item.currency}, in whole minor units.",
            )
        last = item.dispute_marks.aggregate(last=Max("on_date"))["last"] or item.doc_date
        if on_date < last:
            raise CannotDispute(
                f"{item.number} cannot be marked for a day before {last:%Y-%m-%d}."
            )
        item.dispute_marks.create(
            on_date=on_date, disputed=amount, reason=reason, recorded_by=actor
        )
        item.refresh_from_db(fields=["disputed"])
        audit.operations.record_event(
            topic="open_item.disputed",
            subject=item,
            payload={
                "amount": str(amount),
                "currency": item.currency,
                "on_date": on_date.isoformat(),
                "reason": reason,
            },
            actor=actor,
        )
    return item
