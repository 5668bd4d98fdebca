"""Tell the outbox which documents a run has posted, in the transaction that posts them (BR-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import audit.operations
from audit.operations import Happening
from foundation.money import quantize
from invoicing.choices import SOURCE, DocumentType

if TYPE_CHECKING:
    from invoicing.operations.posting import Head


def tell_posted(heads: Iterable[Head], numbers: Mapping[int, str]) -> None:
    """Record an event for each posted document; who released the run stands with the run's own."""
    audit.operations.record_events([_happening(head, numbers[head.id]) for head in heads])


def _happening(head: Head, number: str) -> Happening:
    told: dict[str, Any] = {
        "number": number,
        "total": _amount(head, head.total),
        "currency": head.currency,
    }
    if head.doc_type == DocumentType.CREDIT_NOTE:
        return Happening("credit_memo.posted", SOURCE, head.id, {**told, "of": None})
    told |= {
        "payer_id": head.payer_id,
        "payable": _amount(head, head.payable),
        "invoice_date": head.invoice_date.isoformat(),
        "due_date": head.due_date.isoformat(),
    }
    return Happening("invoice.posted", SOURCE, head.id, told)


def _amount(head: Head, value: Decimal) -> str:
    return str(quantize(value, head.currency))
