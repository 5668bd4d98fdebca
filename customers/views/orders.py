"""Orders: one with its items and what is missing, and those of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Count, Min, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from customers import operations, queries
from customers.choices import OrderState
from customers.models import Order, OrderItem
from customers.views.account import OfAccount
from customers.views.fields import LineField, person, today
from customers.views.lists import ORDER_COLUMNS, account_url, named
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FormScreen,
    ListScreen,
    Screen,
    Table,
)


def order_url(pk: int) -> str:
    """Return an order's page."""
    return reverse("customers:order", args=[pk])


class AccountOrders(ListScreen, OfAccount):
    """The tab of an account: its orders, the latest first."""

    permission = "customers.view_order"
    columns = ORDER_COLUMNS
    keyset = ("-id",)
    empty = Empty(title="No orders yet", text="The first order makes the first subscription.")

    def get_title(self) -> str:
        """Name the account."""
        return f"Orders of {self.account}"

    def rows(self, filters: dict[str, Any]) -> QuerySet[Order]:
        """Return the account's orders."""
        return (
            Order.objects.filter(account=self.account)
            .annotate(item_count=Count("items"), first_effective=Min("items__effective_on"))
            .order_by("-id")
        )

    def buttons(self) -> Sequence[Button]:
        """Offer to order."""
        return (
            Button(
                label="Order",
                url=reverse("customers:add_order", args=[self.account.pk]),
                permission="customers.place_order",
                style="primary",
            ),
        )


class OfOrder(Screen):
    """Something about the order of the address."""

    subject = Order

    @cached_property
    def order(self) -> Order:
        """The order of the address."""
        rows = Order.objects.select_related("account", "created_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the order."""
        return (
            Crumb("Orders", reverse("customers:orders")),
            Crumb(self.order.number, order_url(self.order.pk)),
        )

    def get_success_url(self) -> str:
        """Go back to the order."""
        return order_url(self.order.pk)


class OrderPage(OfOrder):
    """An order as it was asked for; a draft with everything that is missing."""

    permission = "customers.view_order"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the order."""
        return f"Order {self.order.number}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the account's orders."""
        account = self.order.account
        return (
            Crumb("Orders", reverse("customers:orders")),
            Crumb(str(account), reverse("customers:account_orders", args=[account.pk])),
        )

    def buttons(self) -> Sequence[Button]:
        """Offer to submit and to cancel while that is possible."""
        state = self.order.state
        offered = []
        if state == OrderState.DRAFT:
            offered.append(
                Button(
                    label="Submit",
                    url=reverse("customers:submit_order", args=[self.order.pk]),
                    permission="customers.place_order",
                    method="post",
                    style="primary",
                )
            )
            if queries.can_be_revised(order=self.order):
                offered.append(
                    Button(
                        label="Change",
                        url=reverse("customers:revise_order", args=[self.order.pk]),
                        permission="customers.place_order",
                    )
                )
            preview = named("invoicing:order_preview", self.order.pk)
            if preview:
                offered.append(
                    Button(label="Preview", url=preview, permission="customers.place_order")
                )
        if state == OrderState.PENDING_APPROVAL:
            offered += self._decisions()
        if state in {OrderState.DRAFT, OrderState.PENDING_APPROVAL, OrderState.SUBMITTED}:
            offered.append(
                Button(
                    label="Cancel order",
                    url=reverse("customers:cancel_order", args=[self.order.pk]),
                    permission="customers.cancel_order",
                    method="post",
                    style="danger",
                    confirm="Withdraw this order? What it added or changed is taken back.",
                )
            )
        return offered

    def _decisions(self) -> list[Button]:
        """Offer to approve what somebody else wants submitted, or to send it back."""
        return [
            Button(
                label="Approve",
                url=reverse("customers:approve_order", args=[self.order.pk]),
                permission="audit.approve_request",
                method="post",
                style="primary",
            ),
            Button(
                label="Send back",
                url=reverse("customers:send_back_order", args=[self.order.pk]),
                permission="audit.approve_request",
            ),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts, the items and what is missing."""
        one = self.order
        facts = [
            Fact(label="State", value=one.state, kind="status"),
            Fact(label="Account", value=str(one.account), url=account_url(one.account_id)),
            Fact(label="Requested", value=one.requested_on, kind="date"),
            Fact(label="Channel", value=one.get_channel_display()),
            Fact(label="PO number", value=one.po_number),
            Fact(label="Number elsewhere", value=one.external_id, kind="code"),
            Fact(label="Submitted", value=one.submitted_at, kind="instant"),
            Fact(label="Completed", value=one.completed_on, kind="date"),
            Fact(label="Placed by", value=one.created_by.username if one.created_by else ""),
            Fact(label="Note", value=one.note),
        ]
        tables = [self._missing()] if one.state == OrderState.DRAFT else []
        return super().get_context_data(
            facts=facts, table=self._items(), tables=[*tables, self._quotes()], **kwargs
        )

    def _rows(self) -> QuerySet[OrderItem]:
        return (
            OrderItem.objects.filter(order=self.order)
            .select_related("offer_version__offer", "subscription", "part_of")
            .prefetch_related("identifiers", "prices__charge")
            .order_by("seq")
        )

    def _items(self) -> Table:
        return Table(
            caption="Items",
            rows=self._rows(),
            empty="No items.",
            columns=(
                Column(label="No", value="seq", kind="number"),
                Column(label="Action", value="get_action_display"),
                Column(
                    label="With",
                    value=lambda row: f"item {row.part_of.seq}" if row.part_of else "",
                ),
                Column(label="Offer", value="offer_version.offer.name"),
                Column(
                    label="Subscription",
                    value="subscription.number",
                    kind="code",
                    link=lambda row: (
                        reverse("customers:subscription", args=[row.subscription_id])
                        if row.subscription_id
                        else ""
                    ),
                ),
                Column(label="Quantity", value="quantity", kind="number"),
                Column(label="Effective", value="effective_on", kind="date"),
                Column(
                    label="Identifiers",
                    value=lambda row: ", ".join(
                        f"{one.type} {one.value}" for one in row.identifiers.all()
                    ),
                ),
                Column(
                    label="Own prices",
                    value=lambda row: ", ".join(
                        f"{one.charge.code} {one.unit_price.normalize():f}"
                        for one in row.prices.all()
                    ),
                ),
                Column(label="Carried out", value="fulfilled_on", kind="date"),
            ),
        )

    def _missing(self) -> Table:
        return Table(
            caption="Missing before it can be submitted",
            rows=operations.missing_in(order=self.order),
            empty="Nothing: the order is complete.",
            columns=(
                Column(label="Item", value=lambda one: one.item or "order"),
                Column(label="What", value="message"),
                Column(label="Rule", value="rule", kind="code"),
            ),
        )

    def _quotes(self) -> Table:
        quotes = [
            {"item": item.seq, **quote} for item in self._rows() for quote in item.price_snapshot
        ]
        return Table(
            caption="Prices as quoted",
            rows=quotes,
            empty=(
                "Prices are quoted when the order is submitted."
                if self.order.state == OrderState.DRAFT
                else "Nothing was quoted: no line brings an offer."
            ),
            columns=(
                Column(label="Item", value="item", kind="number"),
                Column(label="Charge", value="charge", kind="code"),
                Column(label="Unit price", value="unit_price", kind="money"),
                Column(label="Flat amount", value="flat_amount", kind="money"),
                Column(label="Own price", value="own_price", kind="money"),
            ),
        )


class SubmitOrder(OfOrder, ActionView):
    """Submit a draft."""

    permission = "customers.place_order"

    def act(self) -> Any:
        """Call the operation."""
        return operations.submit_order(
            order=self.order, as_of=today(self.order.account), actor=person(self.request)
        )

    def get_success_message(self) -> str:
        """Say how far it is."""
        return f"Order {self.order.number} is {self.result.get_state_display().lower()}."


class ApproveOrder(OfOrder, ActionView):
    """Approve an order that somebody else wants submitted."""

    permission = "audit.approve_request"

    def act(self) -> Any:
        """Call the operation."""
        approver = person(self.request)
        assert approver is not None
        return operations.approve_order(
            order=self.order, as_of=today(self.order.account), approver=approver
        )

    def get_success_message(self) -> str:
        """Say how far it is."""
        return f"Order {self.order.number} is {self.result.get_state_display().lower()}."


class SendBackFields(forms.Form):
    """Why."""

    comment = LineField(label="Reason", max_length=200)


class SendBackOrder(OfOrder, FormScreen):
    """Send an order back to whoever wants it submitted."""

    title = "Send the order back"
    permission = "audit.approve_request"
    form_class = SendBackFields
    submit_label = "Send back"
    success_message = "The order is a draft again."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        approver = person(self.request)
        assert approver is not None
        return operations.send_back_order(
            order=self.order, approver=approver, comment=form.cleaned_data["comment"]
        )


class CancelOrder(OfOrder, ActionView):
    """Withdraw an order."""

    permission = "customers.cancel_order"

    def act(self) -> Any:
        """Call the operation."""
        return operations.cancel_order(
            order=self.order, as_of=today(self.order.account), actor=person(self.request)
        )

    def get_success_message(self) -> str:
        """Name the order."""
        return f"Order {self.order.number} is cancelled."
