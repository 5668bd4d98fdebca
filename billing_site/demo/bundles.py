"""A home with television and a mobile line: one bundle, one part included, one discounted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from billing_site.demo.clients import Front, order
from billing_site.demo.months import Act
from customers.models import Account
from customers.operations import ComponentInput, IdentifierInput, ItemInput

BUNDLE: Final = "HOME"
SOLD: Final = (
    ("US-10002", date(2026, 8, 10), "15550180001"),
    ("US-10003", date(2026, 8, 12), "15550180002"),
    ("EU-10001", date(2026, 8, 14), "15550180003"),
)
"""Who takes it, from when, and the number of the mobile line that comes with it."""


def acts(front: Front) -> Iterator[Act]:
    """Return the orders of the bundle; its parts come with it."""
    for number, day, line in SOLD:
        yield _sale(front, number, day, line)


def _sale(front: Front, number: str, day: date, line: str) -> Act:
    def do() -> None:
        mobile = ComponentInput(identifiers=[IdentifierInput("MSISDN", line)])
        item = ItemInput(
            action="ADD",
            offer_version=front.versions[BUNDLE],
            quantity=Decimal(1),
            effective_on=day,
            components={"MOBILE-M": mobile},
        )
        account = Account.objects.get(number=number)
        order(account, [item], day=day, actor=front.cast.care)

    return Act(day, f"0 order bundle {number}", do)
