"""What posted documents have billed of charges, by the days of each piece."""

from __future__ import annotations

from collections.abc import Sequence

from customers.queries.above import BilledPiece
from invoicing.models import ChargeItem, Invoice, InvoiceLine

LATEST = 200


def billed_pieces(subscription_charges: Sequence[int]) -> list[BilledPiece]:
    """Return the latest pieces billed of the charges, oldest first, each with its document."""
    items = ChargeItem.objects.filter(
        subscription_charge_id__in=[one for one in subscription_charges if one],
        line_id__isnull=False,
    )
    latest = list(items.order_by("-segment_start", "-pk")[:LATEST])
    lines = InvoiceLine.objects.in_bulk([one.line_id for one in latest])
    documents = Invoice.objects.filter(state="POSTED").in_bulk(
        {one.invoice_id for one in lines.values()}
    )
    found = []
    for one in reversed(latest):
        line = lines.get(one.line_id)  # type: ignore[arg-type]
        document = documents.get(line.invoice_id) if line is not None else None
        if document is not None:
            found.append(
                BilledPiece(
                    one.subscription_charge_id,
                    one.segment_start,
                    one.segment_end,
                    one.amount,
                    one.currency,
                    document.number or "",
                )
            )
    return found
