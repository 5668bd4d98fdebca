"""Record, apply and reverse a payment."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

import ledger.queries
from foundation import clock
from foundation.errors import Refusal
from foundation.screens import Column, Crumb, FormScreen, LongSelect, Screen, Table
from foundation.screens.forms import sentence
from payments import operations
from payments.choices import ReversalKind
from payments.models import Payment, PaymentReversal, TenderType
from payments.views import links
from payments.views.fields import (
    AmountField,
    LineField,
    PayerField,
    RemittanceField,
    day_field,
)
from payments.views.links import person

TODAY_ZONE = ZoneInfo("UTC")


class PaymentForm(forms.Form):
    """What a clerk reads off a cheque or a receipt."""

    payer = PayerField(label="Payer", help_text="Account number, or a part of the name.")
    amount = AmountField(label="Amount", max_length=24)
    currency = forms.ChoiceField(
        label="Currency",
        choices=partial(ledger.queries.currency_choices, "The payer's own"),
        widget=LongSelect,
        required=False,
    )
    tender = forms.ModelChoiceField(TenderType.objects.filter(is_active=True), label="Tender")
    received_on = day_field("Received on")
    reference = LineField(label="Reference", max_length=200, required=False)
    external_id = LineField(
        label="External id",
        max_length=128,
        required=False,
        help_text="Cheque number or bank reference; the same one is not recorded twice.",
    )
    remittance = RemittanceField(
        label="Pays for",
        required=False,
        help_text="One document a line: INV-1=50.00, or INV-1 for all that is open."
        " Empty: the oldest debts first.",
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=36)

    def fingerprint(self) -> str:
        """Name what decides what is settled, so that nothing unseen is recorded."""
        data = self.cleaned_data
        parts = (
            data["payer"].pk,
            data["amount"],
            data["currency"],
            data["received_on"],
            data["remittance"],
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def settled_table(preview: operations.Preview, currency: str) -> Table:
    """Return what a payment would settle, in the order in which it does."""
    payer = preview.payer
    return Table(
        columns=(
            Column(
                label="Document",
                value="item.number",
                link=lambda one: links.item(one.item.pk),
            ),
            Column(label="Due", value="item.due_date", kind="date"),
            Column(label="Open now", value="item.open", kind="money", currency=lambda _: currency),
            Column(label="Settled", value="amount", kind="money", currency=lambda _: currency),
            Column(
                label="Open after", value="open_after", kind="money", currency=lambda _: currency
            ),
        ),
        rows=preview.settlements,
        caption=f"What {payer.number} {payer.name} pays with it",
        empty="It settles nothing: the whole amount stays unapplied.",
    )


class RecordForm(FormScreen):
    """Record a payment; what it will settle is shown before anything is saved."""

    reach = "own"
    title = "Record a payment"
    permission = "payments.record_payment"
    template_name = "payments/record.html"
    form_class = PaymentForm
    submit_label = "Show what it settles"
    intro = "Nothing is saved until you have seen what the payment settles."

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Payments", reverse("payments:payments")),)

    def get_initial(self) -> dict[str, Any]:
        """Propose today and the payer of the address."""
        return {
            "received_on": clock.today(TODAY_ZONE),
            "payer": self.request.GET.get("payer", ""),
            "form_key": str(uuid.uuid4()),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Record what was seen; whatever was not seen is shown first."""
        form = cast(PaymentForm, self.get_form())
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        seen = form.fingerprint()
        if request.POST.get("step") == "record" and request.POST.get("seen") == seen:
            return super().post(request, *args, **kwargs)
        try:
            preview = operations.preview_payment(
                payer=form.cleaned_data["payer"],
                amount=form.cleaned_data["amount"],
                currency=self.currency(form),
                received_on=form.cleaned_data["received_on"],
                as_of=clock.now(),
                remittance=form.cleaned_data["remittance"],
            )
        except Refusal as refusal:
            form.add_error(refusal.column or None, sentence(refusal))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                preview=preview,
                currency=self.currency(form),
                settles=settled_table(preview, self.currency(form)),
                seen=seen,
            )
        )

    def currency(self, form: forms.Form) -> str:
        """Return the currency given, or the payer's own."""
        return str(form.cleaned_data["currency"] or form.cleaned_data["payer"].currency)

    def submit(self, form: forms.Form) -> Payment:
        """Call the operation; the form's key keeps a double click from recording twice."""
        data = form.cleaned_data
        return operations.record_payment(
            payer=data["payer"],
            amount=data["amount"],
            currency=self.currency(form),
            tender=data["tender"],
            received_on=data["received_on"],
            external_id=data["external_id"],
            reference=data["reference"],
            remittance=data["remittance"],
            request_key=f"form:{data['form_key']}",
            as_of=clock.now(),
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Name the payment."""
        return f"Payment {self.result.number} is recorded."

    def get_success_url(self) -> str:
        """Go to the payment."""
        return links.payment(self.result.pk)


class OnePayment(FormScreen):
    """A form about the payment of the address."""

    subject = Payment

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the payment."""
        super().setup(request, *args, **kwargs)
        found = Payment.objects.select_related("payer")
        self.payment = get_object_or_404(found, pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the payment."""
        return (
            Crumb("Payments", reverse("payments:payments")),
            Crumb(self.payment.number, links.payment(self.payment.pk)),
        )

    def today(self) -> date:
        """Return the day that it is for the payer."""
        return clock.today(ZoneInfo(self.payment.payer.time_zone))

    def get_success_url(self) -> str:
        """Go back to the payment."""
        return links.payment(self.payment.pk)


class ApplyForm(OnePayment):
    """Settle debts with what is unapplied of a payment (AR-2)."""

    title = "Apply what is unapplied"
    permission = "receivables.allocate"
    submit_label = "Apply"
    success_message = "What could be settled is settled."

    class form_class(forms.Form):  # noqa: N801  (Django's name for it)
        """The documents to settle, and the day."""

        remittance = RemittanceField(
            label="Settle",
            required=False,
            help_text="One document a line: INV-1=50.00. Empty: the oldest debts first.",
        )
        on_date = day_field("On")

    def get_initial(self) -> dict[str, Any]:
        """Propose today, or the day of receipt if that is later."""
        return {"on_date": max(self.today(), self.payment.received_on)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.apply_unapplied(
            payment_id=self.payment.pk, actor=person(self.request), **form.cleaned_data
        )


class ReverseForm(OnePayment):
    """Take a payment back: bounced, returned, or recorded in error (J17)."""

    title = "Reverse the payment"
    permission = "payments.reverse_payment"
    submit_label = "Reverse"
    success_message = "The payment is reversed; what it had settled is open again."
    intro = (
        "The whole payment goes back. What it settled is open again with its original due dates."
    )

    class form_class(forms.Form):  # noqa: N801  (Django's name for it)
        """Why, when, and in which words."""

        kind = forms.ChoiceField(label="Why", choices=ReversalKind.choices)
        reversed_on = day_field("On")
        reason = LineField(label="Reason", max_length=200)

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"reversed_on": max(self.today(), self.payment.received_on)}

    def submit(self, form: forms.Form) -> PaymentReversal:
        """Call the operation."""
        data = form.cleaned_data
        return operations.reverse_payment(
            payment_id=self.payment.pk,
            kind=ReversalKind(data["kind"]),
            reversed_on=data["reversed_on"],
            reason=data["reason"],
            actor=person(self.request),
        )


class ReversalPage(Screen):
    """The page of a reversal is the page of its payment."""

    subject = PaymentReversal
    permission = "payments.view_payment"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go to the payment."""
        reversal = get_object_or_404(PaymentReversal, pk=kwargs["pk"])
        return HttpResponseRedirect(links.payment(reversal.payment_id))
