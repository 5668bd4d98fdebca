"""Documents: the list, one with its lines, a line explained, the paper form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

import invoicing.queries
from customers.choices import AccountRole
from customers.models import Account
from foundation.screens import (
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Table,
    Total,
    totals_by_currency,
)
from invoicing import operations
from invoicing.choices import SOURCE, DocumentState, DocumentType
from invoicing.models import Invoice
from invoicing.views import links
from invoicing.views.lines import tax_columns
from ledger.models import JournalEntry, LegalEntity
from receivables.models import OpenItem

VIEW = "invoicing.view_invoice"

COLUMNS = (
    Column(label="Number", value=str, kind="code", link=lambda row: links.invoice(row.pk)),
    Column(label="Type", value="get_doc_type_display"),
    Column(label="State", value="state", kind="status"),
    Column(label="Date", value="invoice_date", kind="date"),
    Column(label="Due", value="due_date", kind="date"),
    Column(label="Account", value="payer.number", kind="code",
           link=lambda row: links.account(row.payer_id)),
    Column(label="Name", value="payer.name"),
    Column(label="Net", value="net", kind="money"),
    Column(label="Tax", value="tax", kind="money"),
    Column(label="Total", value="total", kind="money"),
)  # fmt: skip


class DocumentFilters(FilterForm):
    """What clerks look documents up by."""

    number = forms.CharField(label="Number begins with", max_length=32)
    account = forms.CharField(label="Account begins with", max_length=32)
    doc_type = forms.ChoiceField(label="Type", choices=[("", "Any"), *DocumentType.choices[:3]])
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *DocumentState.choices])
    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")
    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))
    run = forms.IntegerField(label="Run")


class DocumentList(ListScreen):
    """Every document, newest first."""

    title = "Invoices and memos"
    permission = VIEW
    filters = DocumentFilters
    columns = COLUMNS
    empty = Empty(title="No documents", text="Widen the filters, or start a bill run.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Invoice]:
        """Return the documents that match."""
        rows = invoicing.queries.documents()
        for name, path in (
            ("number", "number__startswith"),
            ("account", "payer__number__startswith"),
            ("doc_type", "doc_type"),
            ("state", "state"),
            ("entity", "entity"),
            ("since", "invoice_date__gte"),
            ("until", "invoice_date__lte"),
            ("run", "run_id"),
        ):
            if filters.get(name):
                rows = rows.filter(**{path: filters[name]})
        return rows


class AccountInvoices(ListScreen):
    """The documents of one payer."""

    subject = Account
    permission = VIEW
    columns = (*COLUMNS[:5], *COLUMNS[7:])
    empty = Empty(title="Nothing billed yet", text="The first bill run of its cycle bills it.")
    account: Account

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the account."""
        super().setup(request, *args, **kwargs)
        self.account = get_object_or_404(Account, pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the account."""
        return f"Invoices of {self.account}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [Crumb(str(self.account), links.account(self.account.pk))]

    def buttons(self) -> Sequence[Button]:
        """Offer memos that belong to no document, to an account that receives documents."""
        if self.account.role != AccountRole.PAYER:
            return ()
        return (
            Button(
                label="Goodwill credit",
                url=reverse("invoicing:goodwill", args=[self.account.pk]),
                permission="invoicing.request_credit",
            ),
            Button(
                label="Debit memo",
                url=reverse("invoicing:debit", args=[self.account.pk]),
                permission="invoicing.request_debit",
            ),
        )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Invoice]:
        """Return its documents."""
        return invoicing.queries.documents().filter(payer=self.account)

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what was issued to it."""
        posted = self.rows(filters).filter(state="POSTED").exclude(doc_type="CREDIT_NOTE")
        return totals_by_currency(posted, Invoiced="total")


class DocumentPage(Screen):
    """One document: its head, what is still owed, its lines by section, its taxes, its journal."""

    subject = Invoice
    permission = VIEW
    template_name = "invoicing/document.html"
    document: Invoice

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the document."""
        super().setup(request, *args, **kwargs)
        self.document = get_object_or_404(
            invoicing.queries.documents().select_related("refers_to"), pk=kwargs["pk"]
        )

    def get_title(self) -> str:
        """Name the document."""
        return f"{self.document.get_doc_type_display()} {self.document}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list and the account."""
        payer = self.document.payer
        return [
            Crumb("Invoices and memos", reverse("invoicing:invoices")),
            Crumb(payer.number, reverse("invoicing:account_invoices", args=[payer.pk])),
        ]

    def buttons(self) -> Sequence[Button]:
        """Offer the paper form and, for what was billed, a credit."""
        document = self.document
        if not document.is_posted:
            return ()
        paper = Button(label="PDF", url=links.pdf(document.pk))
        if document.doc_type == DocumentType.CREDIT_NOTE:
            return (paper,)
        credit = Button(
            label="Credit",
            url=reverse("invoicing:request_credit", args=[document.pk]),
            permission="invoicing.request_credit",
        )
        debit = Button(
            label="Debit",
            url=reverse("invoicing:line_debit", args=[document.pk]),
            permission="invoicing.request_debit",
        )
        record = Button(
            label="Record payment",
            url=links.named("payments:record"),
            permission="payments.record_payment",
        )
        return (paper, credit, debit, record) if record.url else (paper, credit, debit)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return head, lines, taxes and what came of the document."""
        document = self.document
        return super().get_context_data(
            document=document,
            facts=self._facts(),
            sums=self._sums(),
            lines=self._lines(),
            taxes=self._taxes(),
            outcome=self._outcome(),
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        document = self.document
        facts = [
            Fact(label="State", value=document.state, kind="status"),
            Fact(
                label="Account",
                value=f"{document.payer.number} {document.payer.name}",
                url=links.account(document.payer_id),
            ),
            Fact(label="Legal entity", value=str(document.entity)),
            Fact(label="Date", value=document.invoice_date, kind="date"),
            Fact(label="Due", value=document.due_date, kind="date"),
            Fact(label="Period", value=links.days(document.period_start, document.period_end)),
        ]
        if document.run_id:
            facts.append(
                Fact(
                    label="Bill run",
                    value=document.run_id,
                    kind="code",
                    url=links.named("invoicing:run", document.run_id),
                )
            )
        if document.refers_to is not None:
            facts.append(
                Fact(
                    label="Corrects",
                    value=str(document.refers_to),
                    kind="code",
                    url=links.invoice(document.refers_to.pk),
                )
            )
        if document.reason:
            facts.append(Fact(label="Reason", value=document.reason))
        return facts

    def _sums(self) -> list[Total]:
        document = self.document
        figures = [("Net", document.net), ("Tax", document.tax), ("Total", document.total)]
        if document.prepaid:
            figures += [("Paid in advance", document.prepaid), ("Payable", document.payable)]
        item = OpenItem.objects.filter(source_type=SOURCE, source_id=document.pk).first()
        if item is not None:
            word = "Still owed" if item.side == "D" else "Unapplied"
            figures.append((word, item.open))
        return [
            Total(label=label, amount=amount, currency=document.currency)
            for label, amount in figures
        ]

    def _lines(self) -> Table:
        owners = invoicing.queries.owners_of(self.document)
        return Table(
            caption="Lines",
            columns=(
                Column(label="#", value="seq", kind="code", link=lambda row: links.line(row.pk)),
                Column(label="Account", value=lambda row: owners[row.account_id].number,
                       kind="code"),
                Column(label="Section", value="section"),
                Column(label="Text", value="text", link=lambda row: links.line(row.pk)),
                Column(label="Days",
                       value=lambda row: links.days(row.service_start, row.service_end)),
                Column(label="Quantity", value="quantity", kind="number"),
                Column(label="Unit price", value="unit_price", kind="money"),
                Column(label="Net", value="net", kind="money"),
                Column(label="Tax", value="tax", kind="money"),
            ),
            rows=self.document.lines.order_by("seq"),
        )  # fmt: skip

    def _taxes(self) -> Table:
        return Table(
            caption="Taxes",
            empty="No tax applies.",
            columns=tax_columns(),
            rows=self.document.tax_totals.order_by("id"),
        )

    def _outcome(self) -> list[Fact]:
        """Lead to the open item, the journal entry and the memos that correct the document."""
        found = []
        for item in OpenItem.objects.filter(source_type=SOURCE, source_id=self.document.pk):
            found.append(
                Fact(
                    label="Open item",
                    value=item.number,
                    kind="code",
                    url=links.named("receivables:openitem", item.pk),
                )
            )
        entry = JournalEntry.objects.filter(source_type=SOURCE, source_id=self.document.pk).first()
        if entry is not None:
            found.append(
                Fact(
                    label="Journal entry",
                    value=f"{entry.pk} ({entry.event})",
                    url=links.named("ledger:entry", entry.pk),
                )
            )
        if self.document.prepaid:
            found.extend(links.payments_of(self.document))
        memos = Invoice.objects.filter(refers_to=self.document).order_by("id")
        found.extend(
            Fact(
                label=memo.get_doc_type_display(),
                value=str(memo),
                kind="code",
                url=links.invoice(memo.pk),
            )
            for memo in memos
        )
        return found


class DocumentPdf(Screen):
    """The paper form of a posted document."""

    subject = Invoice
    permission = VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the file that was kept at the first print, or print and keep it now."""
        document = get_object_or_404(Invoice, pk=kwargs["pk"])
        try:
            artifact = operations.pdf_of(invoice_id=document.pk)
        except operations.CannotPrintDraft:
            return HttpResponseRedirect(links.invoice(document.pk))
        response = HttpResponse(bytes(artifact.content), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{document.number}.pdf"'
        return response
