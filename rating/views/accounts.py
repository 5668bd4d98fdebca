"""The usage of an account: sums by charge for some days, and down to the events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from customers.models import ServiceInstance, SubscriptionCharge
from foundation.screens import Button, Column, Empty, FilterForm, ListScreen
from rating import queries
from rating.views.events import linked
from rating.views.of_account import OfAccount


class UsageFilters(FilterForm):
    """Which local days."""

    start = forms.DateField(label="From (local day)")
    end = forms.DateField(label="to")


class AccountUsage(OfAccount, ListScreen):
    """What an account used, by charge, service and group, with its provisional price."""

    permission = "rating.view_usageevent"
    filters = UsageFilters
    intro = (
        "Prices are provisional: they are worked out as if the days shown were billed alone, "
        "counters that are shared with those who share them. "
        "The bill prices the whole period."
    )
    empty = Empty(title="No usage", text="Nothing was used on these days.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Begin with no days, and the columns that lead to the events of days."""
        super().setup(request, *args, **kwargs)
        self.start = self.end = date.min
        self.columns = (
            Column(label="Charge", value="charge", link=self._events_url),
            Column(label="Service", value="service", kind="code"),
            Column(label="Group", value="attribute_key", kind="code"),
            Column(label="Events", value="event_count", kind="number", link=self._events_url),
            Column(label="Quantity", value="quantity", kind="number"),
            Column(label="Provisional price", value="amount", kind="money"),
            Column(label="Note", value="note"),
        )

    def get_title(self) -> str:
        """Name the account."""
        return f"Usage of {self.account.number}"

    def buttons(self) -> Sequence[Button]:
        """Lead to the limits, where usage of the account is billed at once above one."""
        limited = SubscriptionCharge.objects.filter(
            account=self.account, charge__timing="THRESHOLD"
        )
        url = linked("invoicing:limits")
        if not url or not limited.exists():
            return ()
        asked = urlencode({"standing": "", "account": self.account.number})
        return (Button(label="Limits", url=f"{url}?{asked}", permission="invoicing.view_billrun"),)

    def rows(self, filters: dict[str, Any]) -> Sequence[dict[str, Any]]:
        """Return sums by charge, service and group with their provisional price."""
        today = self.today()
        last = filters.get("end") or today
        self.start = filters.get("start") or last - timedelta(days=31)
        self.end = last + timedelta(days=1)
        found = queries.provisional(account_id=self.account.pk, start=self.start, end=self.end)
        charges = SubscriptionCharge.objects.select_related("charge").in_bulk(
            {row.subscription_charge_id for row in found}
        )
        services = ServiceInstance.objects.in_bulk(
            {row.service_id for row in found if row.service_id is not None}
        )
        return [
            {
                "subscription_charge_id": row.subscription_charge_id,
                "charge": str(charges[row.subscription_charge_id].charge),
                "service": services[row.service_id].number if row.service_id else "several",
                "attribute_key": row.attribute_key,
                "event_count": row.event_count,
                "quantity": row.quantity,
                "amount": row.amount,
                "currency": self.account.currency,
                "note": row.note,
            }
            for row in found
        ]

    def _events_url(self, row: dict[str, Any]) -> str:
        asked = {
            "account": self.account.number,
            "start": self.start.isoformat(),
            "end": (self.end - timedelta(days=1)).isoformat(),
            "subscription_charge": row["subscription_charge_id"],
        }
        return f"{reverse('rating:events')}?{urlencode(asked)}"
