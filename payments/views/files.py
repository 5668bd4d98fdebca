"""Files of payments: import with a rehearsal first, batches and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from foundation import clock
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FormScreen,
    ListScreen,
    Screen,
    Table,
    codes,
)
from ledger.models import LegalEntity
from payments import imports
from payments.models import PaymentBatch
from payments.operations import BatchReport
from payments.views import links
from payments.views.fields import AmountField
from payments.views.links import person

MAX_BYTES = 10 * 1024 * 1024


class FileForm(forms.Form):
    """The file, whose it is, and what the sender says it adds up to."""

    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")
    file = forms.FileField(label="File (CSV or XLSX)")
    control_count = forms.IntegerField(
        label="Number of payments", required=False, min_value=1, help_text="Control total."
    )
    control_amount = AmountField(
        label="Sum of payments", required=False, max_length=24, help_text="Control total."
    )
    is_rehearsal = forms.BooleanField(
        label="Rehearse only", required=False, initial=True, help_text="Show what would happen."
    )

    def clean_file(self) -> Any:
        """Refuse what is too large to be a payment file."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 10 MiB.")
        return file


class ImportForm(FormScreen):
    """Record a file of payments, whole or not at all (PAY-10)."""

    reach = "own"
    title = "Import payments"
    permission = "payments.import_payments"
    template_name = "payments/import.html"
    form_class = FileForm
    submit_label = "Read the file"
    success_message = ""
    intro = format_html(
        "Columns: {}. A file is recorded whole, and only if its control totals agree; a row whose"
        " payer nobody knows waits under Unidentified.",
        codes(
            *("external_id", "payer", "amount", "currency", "tender", "received_on"),
            *("reference", "remittance"),
        ),
    )

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Payments", reverse("payments:payments")),)

    def submit(self, form: forms.Form) -> BatchReport:
        """Call the import."""
        file = form.cleaned_data["file"]
        return imports.record_payments(
            entity=form.cleaned_data["entity"],
            filename=file.name,
            content=file.read(),
            as_of=clock.now().date(),
            actor=person(self.request),
            control_count=form.cleaned_data["control_count"],
            control_amount=form.cleaned_data["control_amount"],
            is_rehearsal=form.cleaned_data["is_rehearsal"],
        )

    def succeeded(self) -> HttpResponse:
        """Show the report: problems with their rows, or what was recorded."""
        if self.result.batch is not None:
            return self._to_batch()
        status = 422 if self.result.problems else 200
        return self.render_to_response(self.get_context_data(report=self.result), status=status)

    def _to_batch(self) -> HttpResponse:
        self.success_message = (
            f"{self.result.filename} is recorded: {len(self.result.payments)} payments,"
            f" {len(self.result.receipts)} unidentified."
        )
        return super().succeeded()

    def get_success_url(self) -> str:
        """Go to the batch."""
        return reverse("payments:batch", args=[self.result.batch.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the report's tables."""
        context = super().get_context_data(**kwargs)
        report = context.get("report")
        if report is not None:
            context["problems"] = problems_table(report)
            context["outcomes"] = outcomes_table(report)
        return context


def problems_table(report: BatchReport) -> Table:
    """Return what keeps the file from being recorded, row by row."""
    return Table(
        caption=f"{len(report.problems)} problems: nothing was recorded",
        columns=(
            Column(label="Row", value="row", kind="number"),
            Column(label="Column", value="column", kind="code"),
            Column(label="Value", value="value"),
            Column(label="What is wrong", value="message"),
            Column(label="Rule", value="rule", kind="code"),
            Column(label="What to do", value="remedy"),
        ),
        rows=report.problems[:200],
    )


def outcomes_table(report: BatchReport) -> Table:
    """Return what each row would become."""
    return Table(
        caption=f"{report.rows} rows",
        columns=(
            Column(label="Row", value="row.line", kind="number"),
            Column(
                label="Payer", value=lambda o: o.payment.payer.number if o.payment else "nobody"
            ),
            Column(label="Amount", value="row.amount", kind="money", currency="row.currency"),
            Column(label="Known by", value="match.basis", kind="status"),
            Column(label="Confidence", value="match.confidence", kind="number"),
        ),
        rows=report.outcomes[:200],
    )


class BatchList(ListScreen):
    """Every recorded file."""

    title = "Payment batches"
    permission = "payments.view_paymentbatch"
    keyset = ("-id",)
    empty = Empty(title="No batch yet", text="Import a file of payments to make the first one.")
    columns = (
        Column(
            label="File",
            value="filename",
            link=lambda batch: reverse("payments:batch", args=[batch.pk]),
        ),
        Column(label="Recorded", value="recorded_at", kind="instant"),
        Column(label="Payments", value="payment_count", kind="number"),
        Column(label="Amount", value="payment_amount", kind="money"),
        Column(label="Unidentified", value="unidentified_count", kind="number"),
        Column(label="Unidentified amount", value="unidentified_amount", kind="money"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[PaymentBatch]:
        """Return the batches, the latest first."""
        return PaymentBatch.objects.order_by("-id")

    def buttons(self) -> Sequence[Button]:
        """Offer to import one."""
        return (
            Button(
                label="Import a file",
                url=reverse("payments:import"),
                permission="payments.import_payments",
                style="primary",
            ),
        )


class BatchPage(Screen):
    """One recorded file: its control totals and its rows."""

    subject = PaymentBatch
    permission = "payments.view_paymentbatch"
    template_name = "payments/batch.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the batch."""
        super().setup(request, *args, **kwargs)
        found = PaymentBatch.objects.select_related("entity", "recorded_by")
        self.batch = get_object_or_404(found, pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the file."""
        return f"Batch {self.batch.filename}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the batches."""
        return (
            Crumb("Payments", reverse("payments:payments")),
            Crumb("Batches", reverse("payments:batches")),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return totals, payments and receipts."""
        batch = self.batch

        def money(label: str, amount: Decimal | None) -> Fact:
            return Fact(label=label, value=amount, kind="money", currency=batch.currency)

        return super().get_context_data(
            facts=[
                Fact(label="Legal entity", value=batch.entity.name),
                Fact(label="Recorded", value=batch.recorded_at, kind="instant"),
                Fact(label="By", value=str(batch.recorded_by or "the system")),
                Fact(label="Control count", value=batch.control_count, kind="number"),
                money("Control amount", batch.control_amount),
                Fact(label="Payments", value=batch.payment_count, kind="number"),
                money("Amount of payments", batch.payment_amount),
                Fact(label="Unidentified", value=batch.unidentified_count, kind="number"),
                money("Amount unidentified", batch.unidentified_amount),
            ],
            payments=self.payments(),
            receipts=self.receipts(),
            **kwargs,
        )

    def payments(self) -> Table:
        """Return the first payments of the batch."""
        return Table(
            caption="Payments",
            columns=(
                Column(
                    label="Payment",
                    value="number",
                    kind="code",
                    link=lambda payment: links.payment(payment.pk),
                ),
                Column(label="Payer", value="payer.name"),
                Column(label="Received", value="received_on", kind="date"),
                Column(label="Amount", value="amount", kind="money"),
                Column(label="State", value="state", kind="status"),
            ),
            rows=self.batch.payments.select_related("payer").order_by("pk")[:500],
        )

    def receipts(self) -> Table:
        """Return the receipts without an owner that came with the batch."""
        return Table(
            caption="Receipts that came without an owner",
            empty="Every row had its owner.",
            columns=(
                Column(
                    label="Receipt", value="pk", kind="code", link=lambda r: links.receipt(r.pk)
                ),
                Column(label="Payer as received", value="payer_text"),
                Column(label="Amount", value="amount", kind="money"),
                Column(label="State", value="state", kind="status"),
            ),
            rows=self.batch.receipts.order_by("pk")[:500],
        )
