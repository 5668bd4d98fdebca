"""Take note that the money of an automatic top-up was captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from foundation import clock
from foundation.money import quantize
from foundation.screens import Crumb, FormScreen
from payments import operations
from payments.models import TenderType
from payments.views import links
from payments.views.fields import AmountField, LineField, day_field
from rating.models import TopUpRequest


class CaptureForm(forms.Form):
    """Which payment brought how much."""

    amount = AmountField(label="Captured", max_length=24)
    reference = LineField(
        label="Payment", max_length=128,
        help_text="As the payment side names it; the same one is not recorded twice.",
    )  # fmt: skip
    tender = forms.ModelChoiceField(TenderType.objects.filter(is_active=True), label="Tender")
    received_on = day_field("Received on")


class CaptureTopUp(FormScreen):
    """Sell the balance that was asked for, and record its payment."""

    subject = TopUpRequest
    title = "The payment was captured"
    permission = (
        "rating.view_topuprequest", "rating.answer_top_up", "payments.record_payment",
    )  # fmt: skip
    form_class = CaptureForm
    submit_label = "Sell the balance"
    intro = (
        "The balance is sold as any other: a debit memo without tax, settled by this payment. "
        "The same answer twice sells one."
    )
    success_message = "Sold, and the payment is recorded."
    asked: TopUpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the request of the address."""
        super().setup(request, *args, **kwargs)
        rows = TopUpRequest.objects.select_related("account__entity")
        self.asked = get_object_or_404(rows, pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the request."""
        return (
            Crumb("Top-ups", links.address("rating:top_ups")),
            Crumb(self.asked.key, self.get_success_url()),
        )

    def get_initial(self) -> dict[str, Any]:
        """Propose what was asked for, and today."""
        amount = quantize(self.asked.amount, self.asked.currency)
        return {"amount": f"{amount:f}", "received_on": self._today()}

    def get_success_url(self) -> str:
        """Return the request."""
        return links.address("rating:top_up", self.asked.pk)

    def submit(self, form: forms.Form) -> TopUpRequest:
        """Call the operation."""
        return operations.capture_top_up(
            request_id=self.asked.pk,
            **form.cleaned_data,
            as_of=clock.now(),
            on_date=self._today(),
            actor=links.person(self.request),
        )

    def _today(self) -> Any:
        return clock.today(ZoneInfo(self.asked.account.entity.time_zone))
