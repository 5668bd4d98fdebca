"""Who was billed inside its period, because usage reached its limit (UNIT-8)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from foundation.screens import Column, Empty, ListScreen
from invoicing.models import InterimBill


class InterimList(ListScreen):
    """Usage that reached its limit, with the run that bills it."""

    title = "Interim bills"
    permission = "invoicing.view_billrun"
    intro = (
        "Usage of the running period that was not billed yet and reached the limit of its charge, "
        "before discounts and tax. An interim run bills it at once; the run of the cycle bills "
        "the rest of the period."
    )
    columns = (
        Column(label="Day", value="on_date", kind="date"),
        Column(
            label="Payer",
            value="payer",
            link=lambda one: reverse("customers:account", args=[one.payer_id]),
        ),
        Column(label="Charge", value="charge.reference", kind="code"),
        Column(label="Period from", value="period_start", kind="date"),
        Column(label="Worth", value="worth", kind="money"),
        Column(label="Limit", value="threshold", kind="money"),
        Column(
            label="Run",
            value="run_id",
            kind="code",
            link=lambda one: reverse("invoicing:run", args=[one.run_id]),
        ),
        Column(label="State", value="run.state", kind="status"),
    )
    empty = Empty(title="No interim bill", text="No usage has reached the limit of its charge.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[InterimBill]:
        """Return them, the newest first."""
        return InterimBill.objects.select_related("payer", "charge", "run").order_by("-pk")
