"""What the story comes to, by currency; the same seed always comes to the same."""

from decimal import Decimal
from typing import Final

from django.db.models import Count, Sum

from customers.models import Account
from invoicing.models import Invoice
from payments.models import Payment
from rating.models import SuspenseItem, UsageFile
from receivables.models import OpenItem

Totals = dict[str, str]

EXPECTED: Final[dict[tuple[str, int], Totals]] = {
    ("tiny", 42): {
        "accounts": "33",
        "usage files": "19",
        "usage rows received": "909",
        "usage rows loaded": "900",
        "usage rows in suspense": "9",
        "credit notes in EUR": "1 · 6.00 · tax 1.00",
        "debit notes in USD": "1 · 100.00 · tax 0.00",
        "invoices in EUR": "7 · 2132.83 · tax 342.01",
        "invoices in USD": "15 · 10146.06 · tax 710.33",
        "payments in EUR": "7 · 2126.38",
        "payments in USD": "14 · 7989.09",
        "unapplied in EUR": "6.00",
        "owed in EUR": "6.45",
        "unapplied in USD": "0.00",
        "owed in USD": "2208.10",
    },
    ("small", 42): {
        "accounts": "300",
        "usage files": "46",
        "usage rows received": "50006",
        "usage rows loaded": "49627",
        "usage rows in suspense": "379",
        "credit notes in USD": "4 · 53.58 · tax 4.78",
        "debit notes in USD": "4 · 250.00 · tax 0.00",
        "invoices in EUR": "270 · 49570.25 · tax 6502.18",
        "invoices in USD": "482 · 102303.72 · tax 6609.74",
        "payments in EUR": "249 · 43889.63",
        "payments in USD": "438 · 91899.46",
        "unapplied in EUR": "110.00",
        "owed in EUR": "5790.62",
        "unapplied in USD": "222.44",
        "owed in USD": "10663.12",
    },
}


def totals() -> Totals:
    """Count and add up what the company holds."""
    found: Totals = {"accounts": str(Account.objects.count())}
    usage = UsageFile.objects.aggregate(
        files=Count("id"), received=Sum("received_count"), loaded=Sum("loaded_count")
    )
    found["usage files"] = str(usage["files"])
    found["usage rows received"] = str(usage["received"] or 0)
    found["usage rows loaded"] = str(usage["loaded"] or 0)
    found["usage rows in suspense"] = str(SuspenseItem.objects.filter(state="OPEN").count())
    posted = Invoice.objects.filter(state="POSTED")
    for row in (
        posted.values("doc_type", "currency")
        .order_by("doc_type", "currency")
        .annotate(number=Count("id"), amount=Sum("total"), tax_amount=Sum("tax"))
    ):
        words = f"{row['doc_type'].lower().replace('_', ' ')}s in {row['currency']}"
        found[words] = (
            f"{row['number']} · {_plain(row['amount'])} · tax {_plain(row['tax_amount'])}"
        )
    for paid in (
        Payment.objects.values("currency")
        .order_by("currency")
        .annotate(number=Count("id"), received=Sum("amount"))
    ):
        found[f"payments in {paid['currency']}"] = f"{paid['number']} · {_plain(paid['received'])}"
    for item in (
        OpenItem.objects.values("currency", "side")
        .order_by("currency", "side")
        .annotate(left=Sum("open"))
    ):
        side = "owed" if item["side"] == "D" else "unapplied"
        found[f"{side} in {item['currency']}"] = _plain(item["left"])
    return found


def differences(size: str, seed: int, found: Totals) -> list[str]:
    """Name what differs from what this seed has always come to; nothing for an unknown seed."""
    expected = EXPECTED.get((size, seed))
    if expected is None:
        return []
    return [
        f"{name}: expected {expected.get(name, 'nothing')}, found {found.get(name, 'nothing')}"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _plain(amount: Decimal | None) -> str:
    return f"{amount or Decimal(0):.2f}"
