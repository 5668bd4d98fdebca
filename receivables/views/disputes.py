"""How much of a debit is disputed: the form, and what was marked when."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from foundation.parsing import BadValue, decimal_text
from foundation.screens import Column, Crumb, FormScreen, Table
from receivables import operations
from receivables.models import OpenItem
from receivables.views import links


class DisputedPart(forms.Form):
    """How much, from when, why."""

    amount = forms.CharField(
        label="Disputed amount", max_length=24, help_text="0 lifts the dispute."
    )
    on_date = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label="Reason", max_length=200)

    def clean_amount(self) -> Decimal:
        """Read the amount by the house's parser."""
        try:
            return decimal_text(self.cleaned_data["amount"], places=4, minimum=Decimal(0))
        except BadValue as bad:
            raise forms.ValidationError(bad.message, code=bad.rule) from bad


class DisputeForm(FormScreen):
    """Say how much of a debit is disputed (AR-3)."""

    subject = OpenItem
    permission = "receivables.dispute_item"
    title = "Disputed part"
    intro = "The disputed part is settled only by a payment that names the document."
    submit_label = "Save"
    success_message = "The disputed part is noted."
    form_class = DisputedPart

    @cached_property
    def item(self) -> OpenItem:
        """The item of the address."""
        return get_object_or_404(OpenItem.objects.select_related("payer"), pk=self.kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        """Begin with today, for the payer's books."""
        return {"on_date": links.today(self.item.payer)}

    def submit(self, form: forms.Form) -> OpenItem:
        """Call the operation."""
        return operations.set_disputed(
            item_id=self.kwargs["pk"], actor=links.person(self.request), **form.cleaned_data
        )

    def get_success_url(self) -> str:
        """Go back to the item."""
        return links.item(self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the item."""
        return (Crumb("Open item", links.item(self.kwargs["pk"])),)


def history(item: OpenItem) -> Table | None:
    """Return what was disputed from when on, latest first; None where nothing ever was."""
    marks = list(item.dispute_marks.select_related("recorded_by").order_by("-on_date", "-pk"))
    if not marks:
        return None
    return Table(
        caption="Disputed part",
        columns=(
            Column(label="From", value="on_date", kind="date"),
            Column(
                label="Disputed", value="disputed", kind="money", currency=lambda _: item.currency
            ),
            Column(label="Reason", value="reason"),
            Column(label="Noted by", value=lambda mark: mark.recorded_by or "system"),
            Column(label="Recorded", value="recorded_at", kind="instant"),
        ),
        rows=marks,
    )
