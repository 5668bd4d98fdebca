"""When a document is due (INV-4)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def due_date(invoice_date: date, kind: str, days: int) -> date:
    """Return the due date by the payment terms of the payer (INV-4).

    NET: so many days after the document. EOM: so many days after the end of its month.
    FIXED_DAY: that day of the next month, or its last day. ON_RECEIPT: the document's date.
    """
    match kind:
        case "NET":
            return invoice_date + timedelta(days=days)
        case "EOM":
            last = monthrange(invoice_date.year, invoice_date.month)[1]
            return invoice_date.replace(day=last) + timedelta(days=days)
        case "FIXED_DAY":
            year, month = divmod(invoice_date.year * 12 + invoice_date.month, 12)
            return date(year, month + 1, min(max(days, 1), monthrange(year, month + 1)[1]))
        case "ON_RECEIPT":
            return invoice_date
        case _:
            raise ValueError(f"{kind!r} is not a kind of payment terms")
