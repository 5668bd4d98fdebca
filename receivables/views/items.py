"""A payer's items, one item with its allocations, and what a clerk can do with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers.models import Account
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    Table,
    Total,
)
from receivables import operations, queries
from receivables.choices import Side
from receivables.models import Allocation, OpenItem
from receivables.views import links
from receivables.views.disputes import history
from receivables.views.links import person

VIEW = "receivables.view_openitem"
ALLOCATE = "receivables.allocate"


class AsOfFilter(FilterForm):
    """The day at whose end the items are shown."""

    as_of = forms.DateField(label="At the end of")


class AccountItems(ListScreen):
    """The tab of an account: what is open, on a day, each line leading to its item."""

    subject = Account
    title = "Open items"
    permission = VIEW
    filters = AsOfFilter
    empty = Empty(
        title="Nothing is open", text="Everything this account was asked for is settled."
    )
    columns = (
        Column(
            label="Document",
            value="item.number",
            kind="code",
            link=lambda line: links.item(line.item.pk),
        ),
        Column(label="Side", value="item.get_side_display"),
        Column(label="Dated", value="item.doc_date", kind="date"),
        Column(label="Due", value="item.due_date", kind="date"),
        Column(label="Amount", value="item.amount", kind="money", currency="item.currency"),
        Column(label="Open", value="open", kind="money", currency="item.currency"),
        Column(label="Disputed", value="disputed", kind="money", currency="item.currency"),
    )

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def day(self, filters: dict[str, Any]) -> date:
        """Return the day asked for, or today."""
        found: date = filters.get("as_of") or links.today(self.account)
        return found

    def rows(self, filters: dict[str, Any]) -> Sequence[Any]:
        """Return the items that were open that day."""
        return queries.standing_items(as_of=self.day(filters), payer_id=self.account.pk)

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the ageing of this payer that day."""
        report = queries.ageing(as_of=self.day(filters), payer_id=self.account.pk)
        return [
            Total(label=label, amount=amount, currency=total.currency)
            for total in report.totals
            for label, amount in (
                *zip(report.buckets.labels, total.amounts, strict=True),
                ("Unapplied", total.unapplied),
                ("Balance", total.net),
            )
        ]

    def get_title(self) -> str:
        """Name the account."""
        return f"Open items of {self.account.number} {self.account.name}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return (
            Crumb("Ageing", reverse("receivables:ageing")),
            Crumb(self.account.number, links.account(self.account.pk)),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer to record a payment and to apply what is unapplied."""
        record = links.address("payments:record")
        pay = Button(
            label="Record a payment",
            url=f"{record}?payer={self.account.number}",
            permission="payments.record_payment",
            style="primary",
        )
        apply = Button(
            label="Apply credits, oldest first",
            url=reverse("receivables:apply_credits", args=[self.account.pk]),
            permission=ALLOCATE,
            method="post",
            confirm="Settle the oldest debts with all unapplied credits of this account?",
        )
        return (pay, apply) if record else (apply,)


class ApplyCredits(ActionView):
    """Settle a payer's oldest debts with the unapplied credits (AR-2)."""

    subject = Account
    permission = ALLOCATE

    def act(self) -> Any:
        """Call the operation."""
        account = get_object_or_404(Account, pk=self.kwargs["pk"])
        return operations.allocate_oldest(
            payer_id=account.pk,
            currency=account.currency,
            on_date=links.today(account),
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Say how much was settled."""
        if not self.result:
            return "There was nothing to settle."
        settled = sum((batch.amount for batch in self.result), Decimal(0))
        return f"Settled {settled.normalize():f} {self.result[0].currency}."

    def get_success_url(self) -> str:
        """Go back to the account's items."""
        return reverse("receivables:account_items", args=[self.kwargs["pk"]])


class ItemPage(Screen):
    """One open item: its figures, its document, and every allocation that touched it."""

    subject = OpenItem
    permission = VIEW
    template_name = "receivables/openitem.html"

    @cached_property
    def item(self) -> OpenItem:
        """The item of the address."""
        found = OpenItem.objects.select_related("payer", "entity")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        """Name the document."""
        return f"{self.item.get_side_display()} {self.item.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the payer's items."""
        payer = self.item.payer
        return (
            Crumb("Ageing", reverse("receivables:ageing")),
            Crumb(
                f"{payer.number} {payer.name}",
                reverse("receivables:account_items", args=[payer.pk]),
            ),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer to mark a dispute on a debit."""
        if self.item.side != Side.DEBIT:
            return ()
        return (
            Button(
                label="Disputed part",
                url=reverse("receivables:dispute", args=[self.item.pk]),
                permission="receivables.dispute_item",
            ),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the item's figures and its allocations."""
        item = self.item
        currency, own = item.currency, item.entity.functional_currency
        return super().get_context_data(
            facts=[
                Fact(
                    label="Document",
                    value=item.number,
                    kind="code",
                    url=links.document(item.source_type, item.source_id),
                ),
                Fact(label="Payer", value=item.payer.name, url=links.account(item.payer_id)),
                Fact(label="Legal entity", value=item.entity.name),
                Fact(label="Dated", value=item.doc_date, kind="date"),
                Fact(label="Due", value=item.due_date, kind="date"),
                Fact(label="Amount", value=item.amount, kind="money", currency=currency),
                Fact(label="Open", value=item.open, kind="money", currency=currency),
                Fact(label="Disputed", value=item.disputed_open, kind="money", currency=currency),
                Fact(
                    label="Open, in the entity's currency",
                    value=item.functional_open,
                    kind="money",
                    currency=own,
                ),
            ],
            allocations=self.allocations(),
            disputes=history(item),
            **kwargs,
        )

    def allocations(self) -> Table:
        """Return the allocations with the document on the other side."""
        mine = self.item.pk

        def other(row: Allocation) -> OpenItem:
            return row.credit_item if row.debit_item_id == mine else row.debit_item

        return Table(
            caption="Allocations",
            empty="Nothing has settled this item yet.",
            columns=(
                Column(
                    label="With",
                    value=lambda row: other(row).number,
                    kind="code",
                    link=lambda row: links.item(other(row).pk),
                ),
                Column(label="On", value="on_date", kind="date"),
                Column(label="Amount", value="amount", kind="money"),
                Column(label="How", value="batch.get_strategy_display"),
                Column(label="Recorded", value="batch.recorded_at", kind="instant"),
                Column(
                    label="",
                    value=lambda row: "Take back" if self.may_take_back(row) else "",
                    kind="act",
                    link=lambda row: (
                        reverse("receivables:reverse_allocation", args=[row.pk])
                        if self.may_take_back(row)
                        else ""
                    ),
                ),
            ),
            rows=queries.allocations_of(self.item),
        )

    def may_take_back(self, row: Allocation) -> bool:
        """Tell whether this user may take this allocation back."""
        return row.can_be_reversed and self.request.user.has_perm(ALLOCATE)


class ReverseAllocation(FormScreen):
    """Take one allocation back by its mirror (AR-4)."""

    subject = Allocation
    permission = ALLOCATE
    title = "Take an allocation back"
    intro = (
        "A mirror is written on the day you name; what was settled is open again, with its"
        " original due date."
    )
    submit_label = "Take back"
    success_message = "The allocation was taken back."

    class form_class(forms.Form):  # noqa: N801  (Django's name for it)
        """Day and reason."""

        on_date = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))
        reason = forms.CharField(label="Reason", max_length=200)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Find the allocation."""
        super().setup(request, *args, **kwargs)
        found = Allocation.objects.select_related("credit_item__payer")
        self.allocation = get_object_or_404(found, pk=kwargs["pk"])

    def get_initial(self) -> dict[str, Any]:
        """Propose today."""
        return {"on_date": links.today(self.allocation.credit_item.payer)}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.reverse_allocations(
            allocation_ids=[self.allocation.pk], actor=person(self.request), **form.cleaned_data
        )

    def get_success_url(self) -> str:
        """Go back to the credit."""
        return links.item(self.allocation.credit_item_id)

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the credit."""
        item = self.allocation.credit_item
        return (Crumb(item.number, links.item(item.pk)),)
