"""How somebody stands with us, for the head of a page whose room knows no money."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import reverse

import receivables.queries
from customers.models import Account
from foundation import clock
from foundation.screens import Total


def of_account(*, pk: int) -> list[Total]:
    """Return what an account owes by currency: in all, overdue, and what we hold for it.

    Zero in the account's own currency where nothing is open; empty where there is no account.
    """
    account = Account.objects.filter(pk=pk).only("currency", "time_zone").first()
    if account is None:
        return []
    report = receivables.queries.ageing(
        as_of=clock.today(ZoneInfo(account.time_zone)), payer_id=pk
    )
    items = reverse("receivables:account_items", args=[pk])
    zero = [(account.currency, Decimal(0), Decimal(0), Decimal(0))]
    lines = [
        (one.currency, sum(one.amounts, Decimal(0)), sum(one.amounts[1:], Decimal(0)), one.net)
        for one in report.totals
    ]
    return [
        Total(label=label, amount=amount, currency=currency, url=items)
        for currency, owed, overdue, net in lines or zero
        for label, amount in (("Owes", owed), ("Overdue", overdue), ("Balance", net))
    ]
