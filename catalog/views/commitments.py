"""Commitments that contracts may agree on: list and form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from catalog import operations
from catalog.models import CommitmentSpec
from catalog.views import words
from catalog.views.discount_forms import CommitmentForm
from catalog.views.discounts import holds_for
from foundation.screens import Button, Column, Definition, Empty, ListScreen


class CommitmentList(ListScreen):
    """Least and greatest amounts that contracts may agree on."""

    title = "Commitments"
    permission = "catalog.view_commitmentspec"
    columns = (
        Column(label="Code", value="code", kind="code"),
        Column(label="On the invoice", value="name"),
        Column(label="Kind", value="get_kind_display"),
        Column(label="Amount", value="amount", kind="money", currency="currency"),
        Column(label="Each", value="get_window_kind_display"),
        Column(label="Measured", value="get_measure_display"),
        Column(label="For", value=holds_for),
        Column(label="Shortfall billed as", value="shortfall_product.code", kind="code"),
    )
    empty = Empty(title="No commitment yet", text="Define one; then agree it with a contract.")

    def buttons(self) -> list[Button]:
        """Offer to define one."""
        return [
            Button(label="Define commitment", url=reverse("catalog:commitment_add"),
                   permission="catalog.add_commitmentspec", style="primary")
        ]  # fmt: skip

    def rows(self, filters: dict[str, Any]) -> QuerySet[CommitmentSpec]:
        """Return all of them."""
        rows = CommitmentSpec.objects.select_related(
            "charge", "offer", "product", "shortfall_product"
        )
        return rows.order_by("code")


class DefineCommitment(Definition):
    """Define a commitment."""

    title = "Define commitment"
    listed = ("Commitments", "catalog:commitments")
    permission = ("catalog.add_commitmentspec", "catalog.change_commitmentspec")
    form_class = CommitmentForm
    submit_label = "Define"
    success_message = "The commitment is defined; agree it with a contract."

    def submit(self, form: Any) -> CommitmentSpec:
        """Call the operation."""
        given = dict(form.cleaned_data)
        given["amount"] = Decimal(given["amount"])
        return operations.define_commitment(actor=words.actor(self.request), **given)
