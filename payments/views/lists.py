"""Payments to look up: all of them, one account's, one payment, and the cash report (R3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property

import receivables.queries
from customers.models import Account
from foundation import clock
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
from ledger.models import LegalEntity
from ledger.rules.chart import event_title
from payments import queries
from payments.choices import PaymentState
from payments.models import Payment, TenderType
from payments.views import links

VIEW = "payments.view_payment"
RECORD = Button(
    label="Record a payment",
    url=cast(str, reverse_lazy("payments:record")),
    permission="payments.record_payment",
    style="primary",
)

COLUMNS = (
    Column(label="Payment", value="number", kind="code", link=lambda p: links.payment(p.pk)),
    Column(label="Received", value="received_on", kind="date"),
    Column(label="Tender", value="tender.name"),
    Column(label="Amount", value="amount", kind="money"),
    Column(label="Unapplied", value="unapplied", kind="money"),
    Column(label="State", value="state", kind="status"),
    Column(label="Reference", value="reference"),
)


class PaymentFilters(FilterForm):
    """Narrow the list of payments."""

    number = forms.CharField(label="Number", max_length=32)
    external_id = forms.CharField(label="External id", max_length=128)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *PaymentState.choices])
    tender = forms.ModelChoiceField(TenderType.objects.all(), label="Tender")
    received_from = forms.DateField(label="Received from")
    received_to = forms.DateField(label="Received to")


class PaymentList(ListScreen):
    """Every payment, the latest first."""

    title = "Payments"
    permission = VIEW
    filters = PaymentFilters
    keyset = ("-id",)
    empty = Empty(
        title="No payment yet",
        text="Record one, or import a file of them.",
        button=RECORD,
    )
    columns = (
        COLUMNS[0],
        Column(label="Payer", value="payer.name", link=lambda p: links.account(p.payer_id)),
        *COLUMNS[1:],
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Payment]:
        """Return the payments asked for, with what is unapplied."""
        asked = {
            "number": filters.get("number"),
            "external_id": filters.get("external_id"),
            "state": filters.get("state"),
            "tender": filters.get("tender"),
            "received_on__gte": filters.get("received_from"),
            "received_on__lte": filters.get("received_to"),
        }
        wanted = {name: value for name, value in asked.items() if value}
        payments = Payment.objects.filter(**wanted).select_related("tender", "payer")
        return payments.with_unapplied().order_by("-id")

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what was received in each currency, when the list is narrowed."""
        if not any(filters.values()):
            return ()
        return totals_by_currency(self.rows(filters), Received="amount")

    def buttons(self) -> Sequence[Button]:
        """Offer the ways in which payments come."""
        return (
            RECORD,
            Button(
                label="Import a file",
                url=reverse("payments:import"),
                permission="payments.import_payments",
            ),
            Button(label="Batches", url=reverse("payments:batches"), permission=VIEW),
            Button(label="Unidentified", url=reverse("payments:unidentified"), permission=VIEW),
        )


class AccountPayments(ListScreen):
    """The tab of an account: its payments."""

    subject = Account
    title = "Payments"
    permission = VIEW
    keyset = ()
    empty = Empty(title="No payment yet", text="Nothing was received from this account.")
    columns = COLUMNS

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def rows(self, filters: dict[str, Any]) -> QuerySet[Payment]:
        """Return the payer's payments."""
        return queries.payments_of(self.account.pk)

    def get_title(self) -> str:
        """Name the account."""
        return f"Payments of {self.account.number} {self.account.name}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return (Crumb(self.account.number, links.account(self.account.pk)),)

    def buttons(self) -> Sequence[Button]:
        """Offer to record one for this account."""
        url = f"{reverse('payments:record')}?payer={self.account.number}"
        return (
            Button(
                label="Record a payment",
                url=url,
                permission="payments.record_payment",
                style="primary",
            ),
        )


class PaymentPage(Screen):
    """One payment: what came in, what became of it, and what was said about it."""

    subject = Payment
    permission = VIEW
    template_name = "payments/payment.html"

    @cached_property
    def payment(self) -> Payment:
        """The payment of the address."""
        found = Payment.objects.select_related(
            "payer", "tender", "entity", "batch", "reversal", "receipt"
        )
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Name the payment."""
        return f"Payment {self.payment.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list and the payer."""
        return (
            Crumb("Payments", reverse("payments:payments")),
            Crumb(self.payment.payer.name, links.account(self.payment.payer_id)),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer what can still be done."""
        if self.payment.is_reversed:
            return ()
        args = [self.payment.pk]
        apply = Button(
            label="Apply what is unapplied",
            url=reverse("payments:apply", args=args),
            permission="receivables.allocate",
            style="primary",
        )
        take_back = Button(
            label="Reverse",
            url=reverse("payments:reverse", args=args),
            permission="payments.reverse_payment",
            style="danger",
        )
        return (take_back,) if queries.use_of(self.payment).unapplied == 0 else (apply, take_back)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return figures, use, remittance and allocations."""
        rows = receivables.queries.allocations_of(queries.credit_item_of(self.payment))
        return super().get_context_data(
            payment=self.payment,
            facts=self.facts(),
            use=self.use(),
            remittance=self.remittance(),
            allocations=Table(
                caption="Allocations",
                empty="Nothing of this payment has settled anything yet.",
                columns=(
                    Column(
                        label="Settled",
                        value="debit_item.number",
                        kind="code",
                        link=lambda row: links.item(row.debit_item_id),
                    ),
                    Column(label="Due", value="debit_item.due_date", kind="date"),
                    Column(label="On", value="on_date", kind="date"),
                    Column(label="Amount", value="amount", kind="money"),
                    Column(label="How", value="batch.get_strategy_display"),
                ),
                rows=rows,
            ),
            journal=self.journal({row.batch_id for row in rows}),
            **kwargs,
        )

    def facts(self) -> list[Fact]:
        """Return what was recorded."""
        payment = self.payment
        receipt = getattr(payment, "receipt", None)
        return [
            Fact(label="Payer", value=payment.payer.name, url=links.account(payment.payer_id)),
            Fact(label="Amount", value=payment.amount, kind="money", currency=payment.currency),
            Fact(label="Received", value=payment.received_on, kind="date"),
            Fact(label="Tender", value=payment.tender.name),
            Fact(label="Clearing account", value=payment.clearing_account, kind="code"),
            Fact(label="State", value=payment.state, kind="status"),
            Fact(label="External id", value=payment.external_id, kind="code"),
            Fact(label="Reference", value=payment.reference),
            Fact(
                label="Batch",
                value=payment.batch.filename if payment.batch else "",
                url=reverse("payments:batch", args=[payment.batch_id]) if payment.batch else "",
            ),
            Fact(
                label="Came in unidentified",
                value=f"Receipt {receipt.pk}" if receipt else "",
                url=links.receipt(receipt.pk) if receipt else "",
            ),
            Fact(label="Recorded", value=payment.recorded_at, kind="instant"),
        ]

    def use(self) -> list[Fact]:
        """Return what became of the amount (I-3)."""
        use = queries.use_of(self.payment)
        parts = (
            ("Allocated", use.allocated),
            ("Unapplied", use.unapplied),
            ("Reversed", use.reversed),
        )
        return [
            Fact(label=label, value=value, kind="money", currency=self.payment.currency)
            for label, value in parts
        ]

    def journal(self, batch_ids: set[int]) -> Table:
        """Return the entries that the payment made, each leading to its lines."""
        may_read = self.request.user.has_perm("ledger.view_journalentry")
        return Table(
            caption="Journal",
            columns=(
                Column(
                    label="Entry",
                    value="pk",
                    kind="code",
                    link=lambda entry: links.entry(entry.pk) if may_read else "",
                ),
                Column(label="Event", value=lambda entry: event_title(entry.event)),
                Column(label="Dated", value="accounting_date", kind="date"),
                Column(label="What", value="description"),
            ),
            rows=queries.entries_of(self.payment, batch_ids),
        )

    def remittance(self) -> Table:
        """Return what the payer said the payment is for."""
        return Table(
            caption="Remittance",
            empty="The payer named no document.",
            columns=(
                Column(label="Document", value="number", kind="code"),
                Column(label="Amount", value="amount", kind="money"),
            ),
            rows=self.payment.remittance.order_by("sequence"),
        )


CASH_FIGURES = (
    ("Received", "received"),
    ("Allocated", "allocated"),
    ("Unapplied", "unapplied"),
    ("Unidentified", "unidentified"),
    ("Reversed", "reversed"),
)


class CashFilters(FilterForm):
    """The span of days and the legal entity of the report."""

    from_day = forms.DateField(label="From")
    to_day = forms.DateField(label="To")
    entity = forms.ModelChoiceField(LegalEntity.objects.all(), label="Legal entity")


class CashReport(ListScreen):
    """Cash application: receipts by rail, allocated, unapplied, unidentified, reversed (R3)."""

    reach = "own"
    title = "Cash application"
    permission = VIEW
    filters = CashFilters
    export_name = "cash-application"
    empty = Empty(title="Nothing was received", text="Choose other days.")
    columns = (
        Column(label="Clearing account", value="clearing_account", kind="code"),
        Column(label="Tender", value="tender"),
        *(Column(label=label, value=name, kind="money") for label, name in CASH_FIGURES),
    )

    def filter_defaults(self) -> dict[str, str]:
        """Show this month."""
        today = clock.today(ZoneInfo("UTC"))
        return {"from_day": today.replace(day=1).isoformat(), "to_day": today.isoformat()}

    def rows(self, filters: dict[str, Any]) -> Sequence[Any]:
        """Return a line for each clearing account, tender and currency; this month by default."""
        today = clock.today(ZoneInfo("UTC"))
        return queries.cash_application(
            from_day=filters.get("from_day") or today.replace(day=1),
            to_day=filters.get("to_day") or today,
            entities=self.entities_asked(filters),
        )

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the sums of the lines in each currency."""
        sums: dict[str, dict[str, Decimal]] = {}
        for line in self.rows(filters):
            one = sums.setdefault(line.currency, {})
            for label, name in CASH_FIGURES:
                one[label] = one.get(label, Decimal(0)) + getattr(line, name)
        return [
            Total(label=label, amount=amount, currency=currency)
            for currency, one in sorted(sums.items())
            for label, amount in one.items()
        ]
