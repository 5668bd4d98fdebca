"""What is ordered for later days, over all accounts, as a calendar."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.urls import reverse

from customers import choices
from customers.models import OrderItem
from customers.operations.replaying import IN_FORCE
from customers.views.fields import DayField
from customers.views.lists import ANY, account_url
from foundation import clock
from foundation.screens import Column, Empty, FilterForm, ListScreen


class UpcomingFilters(FilterForm):
    """Narrow the calendar."""

    first = DayField(label="From")
    last = DayField(label="To")
    action = forms.ChoiceField(choices=[*ANY, *choices.OrderAction.choices])


class UpcomingList(ListScreen):
    """Changes that have been ordered and take effect later, the next first."""

    title = "Upcoming changes"
    permission = "customers.view_order"
    filters = UpcomingFilters
    keyset = ("effective_on", "id")
    empty = Empty(title="Nothing comes", text="No change has been ordered for a later day.")
    columns = (
        Column(label="On", value="effective_on", kind="date"),
        Column(label="What", value="get_action_display"),
        Column(
            label="Subscription",
            value="number",
            kind="code",
            link=lambda row: (
                reverse("customers:subscription", args=[row.subscription_id])
                if row.subscription_id
                else ""
            ),
        ),
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda row: account_url(row.account_id),
        ),
        Column(label="Offer", value="offer"),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(
            label="Order",
            value="order_number",
            kind="code",
            link=lambda row: reverse("customers:order", args=[row.order_id]),
        ),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[OrderItem]:
        """Return the items in force of the days asked for; without days, from tomorrow on."""
        rows = OrderItem.objects.filter(order__state__in=IN_FORCE, withdrawn_on__isnull=True)
        if filters.get("first"):
            rows = rows.filter(effective_on__gte=filters["first"])
        else:
            rows = rows.filter(effective_on__gt=clock.now().date())
        if filters.get("last"):
            rows = rows.filter(effective_on__lte=filters["last"])
        if filters.get("action"):
            rows = rows.filter(action=filters["action"])
        return rows.annotate(
            number=F("subscription__number"),
            account_id=F("order__account"),
            account_number=F("order__account__number"),
            order_number=F("order__number"),
            offer=F("offer_version__offer__name"),
        ).order_by("effective_on", "id")
