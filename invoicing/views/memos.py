"""Memos that others asked for: the queue, one of them, and the two answers to it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

import invoicing.queries
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    ListScreen,
    Screen,
    Table,
    Total,
    totals_by_currency,
)
from invoicing import operations
from invoicing.choices import CreditState
from invoicing.models import Invoice, InvoiceLine, MemoRequest
from invoicing.views import links


def reason(row: Any) -> str:
    """Return why it is asked for: what the reason says, and what was typed."""
    said = row.reason_text or row.reason_code
    return f"{said}: {row.comment}" if row.comment else said


class CreditQueue(ListScreen):
    """Memos that wait for a second person."""

    title = "Memos to grant"
    permission = "invoicing.view_memorequest"
    empty = Empty(
        title="No memo waits", text="Memos are asked for on a document's or an account's page."
    )
    columns = (
        Column(label="Request", value="pk", kind="code", link=lambda row: links.credit(row.pk)),
        Column(
            label="Document",
            value="invoice.number",
            kind="code",
            link=lambda row: links.invoice(row.invoice_id) if row.invoice_id else "",
        ),
        Column(
            label="Account", value="account.name", link=lambda row: links.account(row.account_id)
        ),
        Column(label="Memo", value="get_kind_display"),
        Column(label="Of it", value="get_scope_display"),
        Column(label="Net", value="amount", kind="money"),
        Column(label="Reason", value=reason),
        Column(label="Asked by", value="requester.username"),
        Column(label="Asked", value="created_at", kind="instant"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[MemoRequest]:
        """Return what waits, oldest first."""
        return invoicing.queries.waiting_memos()

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return what is asked for in each currency."""
        return totals_by_currency(self.rows(filters), Asked="amount")


class CreditPage(Screen):
    """One request: what is asked for, by whom, and the two answers to it."""

    subject = MemoRequest
    permission = "invoicing.view_memorequest"
    template_name = "invoicing/credit.html"
    credit: MemoRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the request."""
        super().setup(request, *args, **kwargs)
        found = invoicing.queries.with_reasons(MemoRequest.objects.all()).select_related(
            "invoice", "account__entity", "requester", "approver", "memo"
        )
        self.credit = get_object_or_404(found, pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the request."""
        return f"{self.credit.get_kind_display()}: request {self.credit.pk}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the queue."""
        return [Crumb("Memos to grant", reverse("invoicing:credits"))]

    def buttons(self) -> Sequence[Button]:
        """Offer both answers while none was given."""
        if self.credit.state != CreditState.PENDING:
            return ()
        pk = self.credit.pk
        return (
            Button(
                label="Grant",
                url=reverse("invoicing:grant_credit", args=[pk]),
                permission=operations.approve_permission(self.credit),
                method="post",
                style="primary",
                confirm="The memo is issued with this and never changes. Grant it?",
            ),
            Button(
                label="Refuse",
                url=reverse("invoicing:refuse_credit", args=[pk]),
                permission=operations.approve_permission(self.credit),
                method="post",
                style="danger",
                confirm="Refuse this memo?",
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
                value=str(credit.invoice or ""),
                kind="code",
                url=links.invoice(credit.invoice_id) if credit.invoice_id else "",
            ),
            Fact(
                label="Account",
                value=f"{credit.account.number} {credit.account.name}",
                url=links.account(credit.account_id),
            ),
            Fact(label="Net", value=credit.amount, kind="money", currency=credit.currency),
            Fact(label="Reason", value=reason(credit)),
            Fact(label="Taxed as", value=credit.tax_category, kind="code"),
            Fact(label="Asked by", value=str(credit.requester)),
        ]
        if credit.memo is not None:
            granted = str(credit.approver or "nobody else: within the limit of who asked")
            facts.append(Fact(label="Granted by", value=granted))
            facts.append(
                Fact(
                    label="Memo",
                    value=str(credit.memo),
                    kind="code",
                    url=links.invoice(credit.memo.pk),
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
            rows=InvoiceLine.objects.filter(pk__in=wanted).order_by("seq"),
            empty="It is about no line of a document, but an amount as a whole.",
        )


class _Decision(ActionView):
    """Takes the right that the kind of memo takes."""

    subject = MemoRequest
    permission = "invoicing.view_memorequest"

    def permissions_of_request(self, request: HttpRequest) -> tuple[str, ...]:
        """Ask for the right to grant a memo of this kind."""
        asked = MemoRequest.objects.filter(pk=self.kwargs["pk"]).first()
        if asked is None:
            return ("invoicing.approve_credit", "invoicing.approve_debit")
        return (operations.approve_permission(asked),)

    def get_failure_url(self) -> str:
        """Return to the queue."""
        return reverse("invoicing:credits")


class GrantCredit(_Decision):
    """Grant a memo: it is issued today."""

    def act(self) -> Invoice:
        """Grant."""
        request = get_object_or_404(
            MemoRequest.objects.select_related("account__entity"), pk=self.kwargs["pk"]
        )
        return operations.grant_memo(
            request_id=request.pk,
            approver=links.person(self.request),
            on_date=links.today_of(request.account.entity),
        )

    def get_success_message(self) -> str:
        """Name the memo."""
        return f"{self.result.get_doc_type_display()} {self.result.number} is issued."

    def get_success_url(self) -> str:
        """Go to the memo."""
        return links.invoice(self.result.pk)


class RefuseCredit(_Decision):
    """Refuse a memo."""

    success_message = "Refused; nothing is issued."

    def act(self) -> MemoRequest:
        """Refuse."""
        return operations.refuse_memo(
            request_id=self.kwargs["pk"],
            approver=links.person(self.request),
            comment="refused in the queue",
        )

    def get_success_url(self) -> str:
        """Return to the queue."""
        return reverse("invoicing:credits")
