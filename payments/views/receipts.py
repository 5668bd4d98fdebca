"""The queue of receipts without an owner, and what is done about them (J14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from foundation import clock
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    Total,
    totals_by_currency,
)
from ledger.models import LegalEntity
from payments import operations, queries
from payments.choices import NextStep, ReceiptState
from payments.models import Payment, UnidentifiedReceipt
from payments.views import links
from payments.views.fields import LineField, PayerField, RemittanceField, day_field
from payments.views.links import person

VIEW = "payments.view_unidentifiedreceipt"
RECORD = "payments.record_payment"


def today() -> date:
    """Return the day by which ages are counted."""
    return clock.today(ZoneInfo("UTC"))


class QueueFilters(FilterForm):
    """Whose receipts, and which step is next."""

    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")
    next_step = forms.ChoiceField(label="Next step", choices=[("", "Any"), *NextStep.choices])


class ReceiptQueue(ListScreen):
    """Money that waits for its owner, the longest waiting first."""

    title = "Unidentified receipts"
    permission = VIEW
    filters = QueueFilters
    empty = Empty(title="Every receipt has its owner", text="Nothing waits to be identified.")
    columns = (
        Column(label="Receipt", value="pk", kind="code", link=lambda r: links.receipt(r.pk)),
        Column(label="Received", value="received_on", kind="date"),
        Column(label="Days", value=lambda r: r.age_in_days(today()), kind="number"),
        Column(label="Amount", value="amount", kind="money"),
        Column(label="Payer as received", value="payer_text"),
        Column(label="Reference", value="reference"),
        Column(label="Likely payer", value="likely_payer.name"),
        Column(label="Next step", value="get_next_step_display"),
        Column(label="By", value="next_step_on", kind="date"),
    )

    def buttons(self) -> Sequence[Button]:
        """Lead whoever records money to the form."""
        return [
            Button(
                label="Record a receipt", url=reverse("payments:record_receipt"), permission=RECORD
            )
        ]

    def rows(self, filters: dict[str, Any]) -> QuerySet[UnidentifiedReceipt]:
        """Return the receipts that wait."""
        entity = filters.get("entity")
        waiting = queries.waiting_receipts(entity.pk if entity else None)
        if filters.get("next_step"):
            waiting = waiting.filter(next_step=filters["next_step"])
        return waiting

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what waits in each currency."""
        return totals_by_currency(self.rows(filters), Waiting="amount")


class OneReceipt:
    """Finds the receipt of the address."""

    subject: ClassVar[type[Model] | None] = UnidentifiedReceipt
    receipt: UnidentifiedReceipt

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the receipt."""
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        found = UnidentifiedReceipt.objects.select_related(
            "tender", "entity", "likely_payer", "payment", "batch"
        )
        self.receipt = get_object_or_404(found, pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue and the receipt."""
        return (
            Crumb("Unidentified", reverse("payments:unidentified")),
            Crumb(f"Receipt {self.receipt.pk}", links.receipt(self.receipt.pk)),
        )


class ReceiptPage(OneReceipt, Screen):
    """One receipt: what is known about it, who it may be from, what is next."""

    permission = VIEW
    template_name = "payments/receipt.html"

    def get_title(self) -> str:
        """Name the receipt."""
        return f"Receipt {self.receipt.pk}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue."""
        return (Crumb("Unidentified", reverse("payments:unidentified")),)

    def buttons(self) -> Sequence[Button]:
        """Offer to name the owner and to plan the next step."""
        if self.receipt.state != ReceiptState.UNIDENTIFIED:
            return ()
        args = [self.receipt.pk]
        return (
            Button(
                label="Name the owner",
                url=reverse("payments:identify", args=args),
                permission=RECORD,
                style="primary",
            ),
            Button(
                label="Plan the next step",
                url=reverse("payments:next_step", args=args),
                permission=RECORD,
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what is known."""
        receipt = self.receipt
        likely, payment = receipt.likely_payer, receipt.payment
        entry = queries.first_entry_of(receipt)
        return super().get_context_data(
            facts=[
                Fact(
                    label="Amount", value=receipt.amount, kind="money", currency=receipt.currency
                ),
                Fact(label="Received", value=receipt.received_on, kind="date"),
                Fact(label="Days waiting", value=receipt.age_in_days(today()), kind="number"),
                Fact(label="Legal entity", value=receipt.entity.name),
                Fact(label="Tender", value=receipt.tender.name),
                Fact(label="External id", value=receipt.external_id, kind="code"),
                Fact(label="Payer as received", value=receipt.payer_text),
                Fact(label="Reference", value=receipt.reference),
                Fact(
                    label="Likely payer",
                    value=f"{likely.number} {likely.name}" if likely else "",
                    url=links.account(likely.pk) if likely else "",
                ),
                Fact(label="Matched by", value=receipt.get_match_basis_display()),
                Fact(label="Confidence", value=receipt.confidence, kind="number"),
                Fact(label="State", value=receipt.state, kind="status"),
                Fact(
                    label="Payment",
                    value=payment.number if payment else "",
                    url=links.payment(payment.pk) if payment else "",
                ),
                Fact(label="Next step", value=receipt.get_next_step_display()),
                Fact(label="By", value=receipt.next_step_on, kind="date"),
                Fact(label="Note", value=receipt.note),
                Fact(
                    label="Journal entry",
                    value=f"{entry.pk} ({entry.event})" if entry else "",
                    url=links.entry(entry.pk) if entry else "",
                ),
            ],
            **kwargs,
        )


class IdentifyForm(OneReceipt, FormScreen):
    """Name the owner of a receipt: it becomes the owner's payment (J14)."""

    title = "Name the owner"
    permission = RECORD
    submit_label = "Credit it"

    class form_class(forms.Form):  # noqa: N801  (Django's name for it)
        """The owner, the day, and what the money is for."""

        payer = PayerField(label="Owner", help_text="Account number, or a part of the name.")
        identified_on = day_field("On")
        remittance = RemittanceField(
            label="Pays for",
            required=False,
            help_text="One document a line: INV-1=50.00. Empty: the oldest debts first.",
        )

    def get_initial(self) -> dict[str, Any]:
        """Propose the likely payer and today."""
        likely = self.receipt.likely_payer
        return {
            "payer": likely.number if likely else "",
            "identified_on": max(today(), self.receipt.received_on),
        }

    def submit(self, form: forms.Form) -> Payment:
        """Call the operation."""
        return operations.identify_receipt(
            receipt_id=self.receipt.pk, actor=person(self.request), **form.cleaned_data
        )

    def get_success_message(self) -> str:
        """Name the payment."""
        return f"The receipt is payment {self.result.number} now."

    def get_success_url(self) -> str:
        """Go to the payment."""
        return links.payment(self.result.pk)


class NextStepForm(OneReceipt, FormScreen):
    """Say what is to be done next about a receipt, and by when."""

    title = "Plan the next step"
    permission = RECORD
    success_message = "The next step is noted."

    class form_class(forms.Form):  # noqa: N801  (Django's name for it)
        """Step, day and note."""

        next_step = forms.ChoiceField(label="Next step", choices=NextStep.choices)
        next_step_on = day_field("By")
        note = LineField(label="Note", max_length=200, required=False)

    def get_initial(self) -> dict[str, Any]:
        """Show what is planned."""
        return {
            "next_step": self.receipt.next_step,
            "next_step_on": self.receipt.next_step_on,
            "note": self.receipt.note,
        }

    def submit(self, form: forms.Form) -> UnidentifiedReceipt:
        """Call the operation."""
        data = form.cleaned_data
        return operations.plan_next_step(
            receipt_id=self.receipt.pk,
            next_step=NextStep(data["next_step"]),
            next_step_on=data["next_step_on"],
            note=data["note"],
            actor=person(self.request),
        )

    def get_success_url(self) -> str:
        """Go back to the receipt."""
        return links.receipt(self.receipt.pk)
