"""Price simulator: a price that is not in force against the usage of the last period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.models import PriceVersion
from foundation import scope
from foundation.errors import Refusal
from foundation.screens import Column, Crumb, Empty, ListScreen, Total
from foundation.screens.cells import dates_told
from invoicing import operations
from invoicing.operations import Simulated
from invoicing.views import links


class PriceSimulation(ListScreen):
    """What a price would have billed for the last period, by account, beside what is in force."""

    subject = PriceVersion
    permission = "invoicing.view_invoice"
    export_name = "price-simulation"
    intro = (
        "As if this price had been in force all through the last period that was billed, before "
        "tax; prices agreed with customers stay. Nothing is stored."
    )

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the price."""
        super().setup(request, *args, **kwargs)
        prices = PriceVersion.objects.select_related("charge")
        self.price = get_object_or_404(prices, pk=kwargs["pk"])
        self._found: list[Simulated] | None = None

    columns = (
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda one: links.account(one.account_id),
        ),
        Column(label="Name", value="account_name"),
        Column(label="From", value="start", kind="date"),
        Column(label="To", value=lambda one: one.end - timedelta(days=1), kind="date"),
        Column(label="Quantity", value="quantity", kind="number"),
        Column(label="In force", value="before", kind="money"),
        Column(label="With this price", value="after", kind="money"),
        Column(label="Difference", value="difference", kind="money"),
        Column(label="Note", value="problem"),
    )

    def get_title(self) -> str:
        """Name the price by its charge and currency."""
        return f"{self.price.charge.reference} in {self.price.currency}: simulated"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the price."""
        return (Crumb("Price", reverse("catalog:price", args=[self.price.pk])),)

    def rows(self, filters: dict[str, Any]) -> Sequence[Simulated]:
        """Calculate both, for the payers of the legal entities that the person works for."""
        if self._found is None:
            try:
                self._found = operations.simulate_price(
                    price=self.price, entities=scope.entities_of(self.request.user)
                )
            except Refusal as refusal:
                self._found = []
                self.empty = Empty(title="Cannot be simulated", text=dates_told(refusal.message))
            else:
                self.empty = Empty(
                    title="Nobody is touched",
                    text="No account owes anything for this charge in its last billed period.",
                )
        return self._found

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the sums, all in the currency of the price."""
        found = self.rows(filters)
        return [
            Total(label=label, amount=amount, currency=self.price.currency)
            for label, amount in (
                ("In force", sum((one.before for one in found), Decimal(0))),
                ("With this price", sum((one.after for one in found), Decimal(0))),
                ("Difference", sum((one.difference for one in found), Decimal(0))),
            )
        ]
