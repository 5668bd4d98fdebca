"""Take in money that says nothing about its sender (J14)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.urls import reverse

import ledger.queries
from foundation import clock
from foundation.screens import Crumb, FormScreen, LongSelect
from ledger.models import LegalEntity
from payments import operations
from payments.models import TenderType, UnidentifiedReceipt
from payments.views import links
from payments.views.acts import TODAY_ZONE
from payments.views.fields import AmountField, LineField, day_field
from payments.views.links import person


class ReceiveFields(forms.Form):
    """What a clerk reads off a cheque or a receipt whose sender nobody knows."""

    entity = forms.ModelChoiceField(LegalEntity.objects.order_by("code"), label="Received by")
    amount = AmountField(label="Amount", max_length=24)
    currency = forms.ChoiceField(
        label="Currency",
        choices=partial(ledger.queries.currency_choices, "The entity's own"),
        widget=LongSelect,
        required=False,
    )
    tender = forms.ModelChoiceField(TenderType.objects.filter(is_active=True), label="Tender")
    received_on = day_field("Received on")
    external_id = LineField(
        label="External id",
        max_length=128,
        help_text="Cheque number or bank reference; the same one is not recorded twice.",
    )
    payer_text = LineField(
        label="Payer as received", max_length=200, required=False, help_text="What can be read."
    )
    reference = LineField(label="Reference", max_length=200, required=False)


class ReceiveForm(FormScreen):
    """Record money whose payer is not known: it waits in the queue for its owner."""

    reach = "own"
    title = "Record a receipt"
    permission = "payments.record_payment"
    form_class = ReceiveFields
    submit_label = "Record"
    success_message = "Recorded. It is a liability until it has its owner."
    intro = (
        "For money whose payer nobody knows. Where the payer is known, record a payment instead."
    )

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"received_on": clock.today(TODAY_ZONE)}

    def submit(self, form: forms.Form) -> UnidentifiedReceipt:
        """Call the operation."""
        given = form.cleaned_data
        own = given["entity"].functional_currency
        return operations.record_receipt(
            **{**given, "currency": given["currency"] or own},
            as_of=clock.now(),
            actor=person(self.request),
        )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue."""
        return (Crumb("Unidentified receipts", reverse("payments:unidentified")),)

    def get_success_url(self) -> str:
        """Show the receipt."""
        return links.receipt(self.result.pk)
