"""Credits: ask for one on a document, grant or refuse what others asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

import invoicing.queries
from foundation.parsing import decimal_text
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FormScreen,
    ListScreen,
    Parsed,
    Screen,
    Table,
    Total,
    totals_by_currency,
)
from invoicing import operations
from invoicing.choices import CreditScope, CreditState
from invoicing.models import CreditRequest, Invoice
from invoicing.views import links

REASONS = (
    ("BILLING_ERROR", "Billed wrongly"),
    ("SERVICE_FAULT", "Service was not as agreed"),
    ("GOODWILL", "Goodwill"),
    ("CANCELLED", "Cancelled"),
)


class CreditForm(forms.Form):
    """Whole, an amount, or amounts by line; the reason is printed on the memo."""

    scope = forms.ChoiceField(label="Credit", choices=CreditScope.choices, initial="FULL")
    amount = Parsed(
        lambda text: decimal_text(text, places=4, minimum=Decimal(0)),
        label="Net amount",
        required=False,
        help_text="For an amount: it is spread over the lines in proportion.",
    )
    reason_code = forms.ChoiceField(label="Reason", choices=REASONS)
    comment = forms.CharField(label="Text on the memo", max_length=200, required=False)

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        """Add a field for each line of which something is left."""
        super().__init__(*args, **kwargs)
        texts = dict(invoice.lines.values_list("pk", "text"))
        for line in invoicing.queries.creditable_lines(invoice):
            if line.left > 0:
                self.fields[f"line_{line.line_id}"] = Parsed(
                    lambda text: decimal_text(text, places=4, minimum=Decimal(0)),
                    label=f"{line.seq}. {texts[line.line_id]}",
                    required=False,
                    help_text=f"For chosen lines: up to {line.left:.2f} {invoice.currency}.",
                )

    def lines(self) -> dict[int, Decimal]:
        """Return the net by line id that was entered."""
        return {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_") and value
        }


class RequestCredit(FormScreen):
    """Ask for a credit; another person grants it."""

    title = "Ask for a credit"
    permission = ("invoicing.view_invoice", "invoicing.request_credit")
    form_class = CreditForm
    submit_label = "Ask for approval"
    success_message = "Asked for. Another person grants it under Credits to grant."
    document: Invoice

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the document."""
        super().setup(request, *args, **kwargs)
        self.document = get_object_or_404(invoicing.queries.documents(), pk=kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the document."""
        return [Crumb(str(self.document), links.invoice(self.document.pk))]

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form its document."""
        return {**super().get_form_kwargs(), "invoice": self.document}

    def submit(self, form: forms.Form) -> CreditRequest:
        """Ask."""
        assert isinstance(form, CreditForm)
        return operations.request_credit(
            invoice_id=self.document.pk,
            scope=form.cleaned_data["scope"],
            reason_code=form.cleaned_data["reason_code"],
            comment=form.cleaned_data["comment"],
            lines=form.lines(),
            amount=form.cleaned_data["amount"],
            requester=links.person(self.request),
        )

    def get_success_url(self) -> str:
        """Return to the document."""
        return links.invoice(self.document.pk)


class CreditQueue(ListScreen):
    """Credits that wait for a second person."""

    title = "Credits to grant"
    permission = "invoicing.view_creditrequest"
    empty = Empty(title="No credit waits", text="Credits are asked for on a document's page.")
    columns = (
        Column(label="Request", value="pk", kind="code", link=lambda row: links.credit(row.pk)),
        Column(
            label="Document",
            value="invoice.number",
            kind="code",
            link=lambda row: links.invoice(row.invoice_id),
        ),
        Column(label="Account", value="invoice.payer.name"),
        Column(label="Credit", value="get_scope_display"),
        Column(label="Net", value="amount", kind="money"),
        Column(label="Currency", value="currency", kind="code"),
        Column(label="Reason", value=lambda row: f"{row.reason_code} {row.comment}".strip()),
        Column(label="Asked by", value="requester.username"),
        Column(label="Asked", value="created_at", kind="instant"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[CreditRequest]:
        """Return what waits, oldest first."""
        return invoicing.queries.waiting_credits()

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what is asked for in each currency."""
        return totals_by_currency(self.rows(filters), Asked="amount")


class CreditPage(Screen):
    """One request: what is asked for, by whom, and the two answers to it."""

    permission = "invoicing.view_creditrequest"
    template_name = "invoicing/credit.html"
    credit: CreditRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the request."""
        super().setup(request, *args, **kwargs)
        found = CreditRequest.objects.select_related(
            "invoice__payer", "requester", "approver", "credit_note"
        )
        self.credit = get_object_or_404(found, pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the request."""
        return f"Credit request {self.credit.pk}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue."""
        return [Crumb("Credits to grant", reverse("invoicing:credits"))]

    def buttons(self) -> Sequence[Button]:
        """Offer both answers while none was given."""
        if self.credit.state != CreditState.PENDING:
            return ()
        pk = self.credit.pk
        return (
            Button(
                label="Grant",
                url=reverse("invoicing:grant_credit", args=[pk]),
                permission="invoicing.approve_credit",
                method="post",
                style="primary",
                confirm="The credit memo is issued with this and never changes. Grant it?",
            ),
            Button(
                label="Refuse",
                url=reverse("invoicing:refuse_credit", args=[pk]),
                permission="invoicing.approve_credit",
                method="post",
                style="danger",
                confirm="Refuse this credit?",
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the request with its lines."""
        return super().get_context_data(facts=self._facts(), lines=self._lines(), **kwargs)

    def _facts(self) -> list[Fact]:
        credit = self.credit
        facts = [
            Fact(label="State", value=credit.state, kind="status"),
            Fact(
                label="Document",
                value=str(credit.invoice),
                kind="code",
                url=links.invoice(credit.invoice_id),
            ),
            Fact(label="Account", value=credit.invoice.payer.name),
            Fact(label="Net", value=credit.amount, kind="money", currency=credit.currency),
            Fact(label="Reason", value=f"{credit.reason_code} {credit.comment}".strip()),
            Fact(label="Asked by", value=str(credit.requester)),
        ]
        if credit.credit_note is not None:
            facts.append(
                Fact(
                    label="Credit memo",
                    value=str(credit.credit_note),
                    kind="code",
                    url=links.invoice(credit.credit_note.pk),
                )
            )
        return facts

    def _lines(self) -> Table:
        wanted = {int(pk): Decimal(net) for pk, net in self.credit.lines.items()}
        currency = self.credit.currency
        return Table(
            caption="Lines",
            columns=(
                Column(label="#", value="seq", kind="code", link=lambda row: links.line(row.pk)),
                Column(label="Text", value="text"),
                Column(label="Billed net", value="net", kind="money"),
                Column(
                    label="To credit",
                    value=lambda row: wanted[row.pk],
                    kind="money",
                    currency=lambda row: currency,
                ),
            ),
            rows=self.credit.invoice.lines.filter(pk__in=wanted).order_by("seq"),
        )


class _Decision(ActionView):
    permission = "invoicing.approve_credit"

    def get_failure_url(self) -> str:
        """Return to the queue."""
        return reverse("invoicing:credits")


class GrantCredit(_Decision):
    """Grant a credit: the memo is issued today."""

    def act(self) -> Invoice:
        """Grant."""
        request = get_object_or_404(
            CreditRequest.objects.select_related("invoice__entity"), pk=self.kwargs["pk"]
        )
        return operations.grant_credit(
            request_id=request.pk,
            approver=links.person(self.request),
            on_date=links.today(request.invoice),
        )

    def get_success_message(self) -> str:
        """Name the memo."""
        return f"Credit memo {self.result.number} is issued."

    def get_success_url(self) -> str:
        """Go to the memo."""
        return links.invoice(self.result.pk)


class RefuseCredit(_Decision):
    """Refuse a credit."""

    success_message = "Refused; nothing is issued."

    def act(self) -> CreditRequest:
        """Refuse."""
        return operations.refuse_credit(
            request_id=self.kwargs["pk"],
            approver=links.person(self.request),
            comment="refused in the queue",
        )

    def get_success_url(self) -> str:
        """Return to the queue."""
        return reverse("invoicing:credits")
