"""What comes: the next invoice of an account, and what an order would change on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import customers.queries
from customers.models import Account, Order, OrderItem
from customers.operations import IncompleteOrder
from foundation import clock
from foundation.errors import Refusal
from foundation.screens import ActionView, Button, Column, Crumb, Fact, Screen, Table
from foundation.screens.cells import dates_told
from invoicing import operations, queries
from invoicing.models import CycleChange
from invoicing.operations import NextInvoice, PreviewLine, Projected
from invoicing.views import links
from invoicing.views.adjustments import ADJUST, adjust_url, adjustments_table, waive_column
from invoicing.views.ending import ending_table, owed_facts

BILLS = 12
LINE_COLUMNS = (
    Column(label="What", value="text"),
    Column(label="From", value="start", kind="date"),
    Column(label="To", value=lambda one: one.end - timedelta(days=1), kind="date"),
    Column(label="Quantity", value="quantity", kind="number"),
)
CHANGE_COLUMNS = (
    Column(label="On", value="effective_on", kind="date"),
    Column(label="Subscription", value="subscription.number", kind="code"),
    Column(label="What", value="get_action_display"),
    Column(label="Offer", value="offer_version.offer.name"),
    Column(label="Quantity", value="quantity", kind="number"),
    Column(
        label="Order",
        value="order.number",
        kind="code",
        link=lambda row: reverse("customers:order", args=[row.order_id]),
    ),
)


def upcoming(account: Account, day: Any) -> QuerySet[OrderItem]:
    """Return what is ordered for later days, for the account or taken over from another."""
    return (
        OrderItem.objects.filter(
            Q(order__account=account) | Q(target_account=account),
            order__state__in=["SUBMITTED", "COMPLETED"],
            withdrawn_on__isnull=True,
            effective_on__gt=day,
        )
        .select_related("order", "subscription", "offer_version__offer")
        .order_by("effective_on", "pk")
    )


def money_facts(one: NextInvoice) -> list[Fact]:
    """Return the sums of a next invoice."""
    facts = [
        Fact(label="Bill date", value=one.bill_date, kind="date"),
        Fact(label="Net", value=one.net, kind="money", currency=one.currency),
        Fact(label="Tax, estimated", value=one.tax, kind="money", currency=one.currency),
        Fact(label="Total", value=one.total, kind="money", currency=one.currency),
    ]
    if one.prepaid:
        facts.append(
            Fact(label="Paid in advance", value=one.prepaid, kind="money", currency=one.currency)
        )
    return facts


def lines_table(
    caption: str, lines: Sequence[PreviewLine], empty: str, currency: str, *more: Column
) -> Table:
    """Return lines as a table."""
    columns = (
        *LINE_COLUMNS,
        Column(label="Net", value="net", kind="money", currency=lambda one: currency),
        Column(label="Tax", value="tax", kind="money", currency=lambda one: currency),
        *more,
    )
    return Table(caption=caption, rows=list(lines), empty=empty, columns=columns)


def year_table(
    projection: Sequence[Projected], currency: str, *, is_compared: bool = False
) -> Table:
    """Return what the next bill dates would bring, by what is known today."""
    compared = (
        Column(label="Without it", value="before", kind="money"),
        Column(label="With it", value="after", kind="money"),
        Column(label="Change", value="difference", kind="money"),
    )
    alone = (Column(label=f"Total in {currency}", value="after", kind="money"),)
    return Table(
        caption="Next bill dates, usage to come left out",
        rows=list(projection),
        empty="Nothing to bill.",
        columns=(
            Column(label="Bill date", value="bill_date", kind="date"),
            *(compared if is_compared else alone),
        ),
    )


def pin_key(order_id: int) -> str:
    """Return where a person's session keeps the figures that were shown of an order."""
    return f"order-preview-{order_id}"


class AccountNext(Screen):
    """The next invoice of an account as things stand, and what is ordered for later days."""

    subject = Account
    permission = "invoicing.view_invoice"
    template_name = "console/table.html"

    @cached_property
    def account(self) -> Account:
        """The account of the address."""
        return get_object_or_404(Account, pk=self.kwargs["pk"])

    def buttons(self) -> Sequence[Button]:
        """Offer to look farther ahead, a page by itself because it calculates twelve bills."""
        years = Button(label="Next twelve bills", url="?year=1", permission=self.permission)
        adjust = Button(
            label="Adjust the bill", url=adjust_url(self.account.pk), permission=ADJUST
        )
        change = "customers.change_account"
        if self.cycle_change is not None:
            url = reverse("invoicing:withdraw_cycle_change", args=[self.cycle_change.pk])
            stay = Button(label="Keep the bill day", url=url, permission=change, method="post")
            return (years, adjust, stay)
        url = reverse("invoicing:cycle_preview", args=[self.account.pk])
        return (years, adjust, Button(label="Another bill day", url=url, permission=change))

    @cached_property
    def cycle_change(self) -> CycleChange | None:
        """Another bill day that waits for the end of the running period."""
        return queries.pending_cycle_change(account_id=self.account.pk)

    def get_title(self) -> str:
        """Name the account."""
        return f"Next invoice of {self.account.number} {self.account.name}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account."""
        return [Crumb(str(self.account), links.account(self.account.pk))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Calculate the invoice; a run would calculate the same from the same inputs."""
        day = clock.today(ZoneInfo(self.account.time_zone))
        changes = Table(
            caption="Upcoming changes",
            rows=upcoming(self.account, day)[:200],
            empty="Nothing is ordered for later days.",
            columns=CHANGE_COLUMNS,
        )
        try:
            found = operations.next_invoice(account_id=self.account.pk, as_of=day)
        except Refusal as refusal:
            facts = [Fact(label="Cannot be calculated", value=dates_told(refusal.message))]
            return super().get_context_data(facts=facts, table=changes, **kwargs)
        may = self.request.user.has_perm(ADJUST)
        tables = [adjustments_table(found, self.account, may=may), changes]
        if "year" in self.request.GET:
            tables.append(year_table(self._year(day), self.account.currency))
        facts = money_facts(found)
        if self.cycle_change is not None:
            text = f"{self.cycle_change} (cycle {self.cycle_change.cycle.code})"
            facts.append(Fact(label="Then billed otherwise", value=text))
        if found.problem:
            facts.append(Fact(label="Cannot be billed", value=found.problem))
        if found.payer_id != self.account.pk:
            payer = Account.objects.get(pk=found.payer_id)
            facts.append(Fact(label="Billed to", value=str(payer), url=links.account(payer.pk)))
        off = [waive_column(self.account.pk)] if may else []
        empty = "Nothing would be billed."
        lines = lines_table("Lines", found.lines, empty, found.currency, *off)
        return super().get_context_data(facts=facts, table=lines, tables=tables, **kwargs)

    def _year(self, day: date) -> Sequence[Projected]:
        return operations.project(account_id=self.account.pk, as_of=day, bills=BILLS)


class OrderPreview(Screen):
    """What a draft order would change on the next invoice; it stays a draft."""

    subject = Order
    permission = "customers.place_order"
    template_name = "console/table.html"

    @cached_property
    def order(self) -> Order:
        """The order of the address."""
        rows = Order.objects.select_related("account")
        return get_object_or_404(rows, pk=self.kwargs["pk"], state="DRAFT")

    def get_title(self) -> str:
        """Name the order."""
        return f"Order {self.order.number}: what it changes"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the order."""
        return [Crumb(self.order.number, reverse("customers:order", args=[self.order.pk]))]

    def buttons(self) -> Sequence[Button]:
        """Offer to place it with the figures that are shown, or to go back and change it."""
        change = Button(
            label="Change",
            url=reverse("customers:revise_order", args=[self.order.pk]),
            permission="customers.place_order",
        )
        return (
            Button(
                label="Place order",
                url=reverse("invoicing:submit_previewed", args=[self.order.pk]),
                permission="customers.place_order",
                method="post",
                style="primary",
            ),
            *([change] if customers.queries.can_be_revised(order=self.order) else []),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Carry the order out, calculate, and roll back."""
        day = clock.today(ZoneInfo(self.order.account.time_zone))
        try:
            found = operations.preview_draft(
                order=self.order, as_of=day, actor=links.person(self.request), bills=BILLS
            )
        except IncompleteOrder as incomplete:
            missing = Table(
                caption="Missing before it can be previewed",
                rows=list(incomplete.missing),
                columns=(
                    Column(label="Item", value=lambda one: one.item or "order"),
                    Column(label="What", value="message"),
                    Column(label="Rule", value="rule", kind="code"),
                ),
            )
            return super().get_context_data(table=missing, **kwargs)
        except Refusal as refusal:
            told = [Fact(label="Cannot be calculated", value=dates_told(refusal.message))]
            return super().get_context_data(facts=told, **kwargs)
        self.request.session[pin_key(self.order.pk)] = operations.pin_of(self.order, found)
        facts: list[Fact] = []
        tables: list[Table] = []
        for one in found:
            now = one.before
            facts += [
                Fact(label="Without it", value=now.total, kind="money", currency=now.currency),
                *money_facts(one.after),
                Fact(label="Change", value=one.difference, kind="money", currency=now.currency),
            ]
            tables += [
                *(
                    lines_table(caption, lines, empty, now.currency)
                    for caption, lines, empty in (
                        ("Added by the order", one.charges, "Nothing."),
                        ("Not billed because of it", one.falls_away, "Nothing."),
                        ("The next invoice with it", one.after.lines, "Nothing to bill."),
                    )
                ),
                year_table(one.projection, now.currency, is_compared=True),
            ]
        if (ending := ending_table(self.order)) is not None:
            facts += owed_facts({one.before.payer_id for one in found}, day)
            tables.insert(0, ending)
        return super().get_context_data(facts=facts, table=tables[0], tables=tables[1:], **kwargs)


class SubmitPreviewed(ActionView):
    """Submit a draft with the figures that its preview showed, or say what has changed."""

    permission = "customers.place_order"
    subject = Order

    def act(self) -> Any:
        """Call the operation."""
        order = get_object_or_404(Order.objects.select_related("account"), pk=self.kwargs["pk"])
        return operations.submit_as_previewed(
            order=order,
            pin=self.request.session.get(pin_key(order.pk), ""),
            as_of=clock.today(ZoneInfo(order.account.time_zone)),
            actor=links.person(self.request),
        )

    def get_success_message(self) -> str:
        """Say how far it is."""
        return f"Order {self.result.number} is {self.result.get_state_display().lower()}."

    def get_success_url(self) -> str:
        """Go to the order."""
        return reverse("customers:order", args=[self.kwargs["pk"]])

    def get_failure_url(self) -> str:
        """Show the figures as they are now."""
        return reverse("invoicing:order_preview", args=[self.kwargs["pk"]])
