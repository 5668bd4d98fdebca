"""The list of every open item, with whose it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from foundation.screens import Column, Empty, FilterForm, ListScreen
from receivables.choices import Side
from receivables.models import OpenItem
from receivables.views import links

VIEW = "receivables.view_openitem"


class ItemFilters(FilterForm):
    """Narrow the list of open items."""

    number = forms.CharField(label="Document number", max_length=32)
    side = forms.ChoiceField(label="Side", choices=[("", "Both"), *Side.choices])
    open_only = forms.BooleanField(label="Only what is still open")


class ItemList(ListScreen):
    """Every open item, the latest first."""

    title = "Open items"
    permission = VIEW
    filters = ItemFilters
    keyset = ("-id",)
    empty = Empty(title="No open items", text="Posting an invoice opens the first one.")
    columns = (
        Column(label="Document", value="number", kind="code", link=lambda i: links.item(i.pk)),
        Column(
            label="Account",
            value=lambda item: item.payer.number,
            kind="code",
            link=lambda item: links.account(item.payer_id),
        ),
        Column(label="Name", value=lambda item: item.payer.name),
        Column(label="Side", value="get_side_display"),
        Column(label="Dated", value="doc_date", kind="date"),
        Column(label="Due", value="due_date", kind="date"),
        Column(label="Amount", value="amount", kind="money"),
        Column(label="Open", value="open", kind="money"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[OpenItem]:
        """Return the items asked for."""
        items = OpenItem.objects.all()
        if filters.get("number"):
            items = items.filter(number=filters["number"])
        if filters.get("side"):
            items = items.filter(side=filters["side"])
        if filters.get("open_only"):
            items = items.unsettled()
        return items.select_related("payer").order_by("-id")

    def filter_defaults(self) -> dict[str, str]:
        """Show what is still to be settled."""
        return {"open_only": "on"}
