"""What the pages about one account share: whose it is, the way back, and its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from customers.models import Account
from foundation import clock
from foundation.screens import Crumb, Screen
from rating.views.events import linked


def account_crumb(account: Account) -> Crumb:
    """Lead to the page of an account."""
    return Crumb(str(account), linked("customers:account", account.pk))


class OfAccount(Screen):
    """Something about the account of the address."""

    subject = Account
    account: Account

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the account."""
        super().setup(request, *args, **kwargs)
        rows = Account.objects.select_related("entity")
        self.account = get_object_or_404(rows, pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [account_crumb(self.account)]

    def today(self) -> date:
        """Return today, where the account is."""
        return clock.today(ZoneInfo(self.account.time_zone))
