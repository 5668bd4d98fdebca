"""Lists of customers, accounts, orders and subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse

from customers import choices
from customers.models import Account, Customer, Order, Subscription, SubscriptionItem
from foundation.screens import Button, Column, Empty, FilterForm, ListScreen, Suggest, naming

ANY = [("", "Any")]
CYCLE = "invoicing.billcycle"
"""The cycles belong to a room above; an account keeps the code of its own."""


def account_url(pk: int) -> str:
    """Return an account's page."""
    return reverse("customers:account", args=[pk])


def named(name: str, *args: object) -> str:
    """Return the address of a page of another room, or "" where there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def last_day(row: Any) -> date | None:
    """Return the last day of a half-open range, as screens show it (PER-1); None when open."""
    return None if row.valid.upper is None else row.valid.upper - timedelta(days=1)


def cycles(**only: Any) -> list[tuple[str, str]]:
    """Return the codes of bill cycles with their names."""
    return naming.choices(CYCLE, by="code", **only)


def with_offer(rows: QuerySet[Subscription]) -> QuerySet[Any]:
    """Bring the name of the latest offer along, in the same statement."""
    items = SubscriptionItem.objects.filter(subscription=OuterRef("pk")).order_by("-pk")
    return rows.annotate(offer=Subquery(items.values("offer_version__offer__name")[:1]))


def found_by(search: str, name: str) -> Q:
    """Return the rows whose number begins with, or whose name contains, what was typed."""
    text = search.strip()
    return (
        Q(number__startswith=text.upper())
        | Q(number__startswith=text)
        | Q(**{f"{name}__icontains": text})
    )


class CustomerFilters(FilterForm):
    """Narrow the list of customers."""

    search = forms.CharField(label="Number or name", max_length=100)
    kind = forms.ChoiceField(choices=[*ANY, *choices.CustomerKind.choices])
    status = forms.ChoiceField(choices=[*ANY, *choices.CustomerStatus.choices])


class CustomerList(ListScreen):
    """Customers, by number."""

    title = "Customers"
    permission = "customers.view_customer"
    filters = CustomerFilters
    keyset = ("number",)
    empty = Empty(
        title="No customers yet", text="Record one, or import a file of customers and accounts."
    )
    columns = (
        Column(
            label="Number",
            value="number",
            kind="code",
            link=lambda row: reverse("customers:customer", args=[row.pk]),
        ),
        Column(label="Name", value="legal_name"),
        Column(label="Kind", value="get_kind_display"),
        Column(label="Segment", value="segment"),
        Column(label="Status", value="status", kind="status"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Customer]:
        """Return the customers asked for."""
        rows = Customer.objects.all()
        if filters.get("search"):
            rows = rows.filter(found_by(filters["search"], "legal_name"))
        for name in ("kind", "status"):
            if filters.get(name):
                rows = rows.filter(**{name: filters[name]})
        return rows.order_by("number")

    def buttons(self) -> Sequence[Button]:
        """Offer to record a customer."""
        return (
            Button(
                label="New customer",
                url=reverse("customers:new_customer"),
                permission="customers.add_customer",
                style="primary",
            ),
            Button(
                label="Import",
                url=reverse("customers:import"),
                permission="customers.import_customers",
            ),
        )


class AccountFilters(FilterForm):
    """Narrow the list of accounts."""

    search = forms.CharField(label="Number or name", max_length=100)
    role = forms.ChoiceField(choices=[*ANY, *choices.AccountRole.choices])
    status = forms.ChoiceField(choices=[*ANY, *choices.AccountStatus.choices])
    cycle = forms.CharField(label="Bill cycle", max_length=16, widget=Suggest(cycles))
    held = forms.BooleanField(label="Only held ones")


class AccountList(ListScreen):
    """Accounts, by number."""

    title = "Accounts"
    permission = "customers.view_account"
    filters = AccountFilters
    keyset = ("number",)
    empty = Empty(
        title="No accounts yet", text="Open one from a customer's page, or import a file."
    )
    columns = (
        Column(label="Number", value="number", kind="code", link=lambda row: account_url(row.pk)),
        Column(label="Name", value="name"),
        Column(
            label="Customer",
            value="customer.legal_name",
            link=lambda row: reverse("customers:customer", args=[row.customer_id]),
        ),
        Column(label="Role", value="get_role_display"),
        Column(label="Currency", value="currency", kind="code"),
        Column(label="Cycle", value="cycle_code", kind="code"),
        Column(label="Held until", value="billing_hold_until", kind="date"),
        Column(label="Status", value="status", kind="status"),
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Account]:
        """Return the accounts asked for."""
        rows = Account.objects.select_related("customer")
        if filters.get("search"):
            rows = rows.filter(found_by(filters["search"], "name"))
        for field, name in (("role", "role"), ("status", "status"), ("cycle_code", "cycle")):
            if filters.get(name):
                rows = rows.filter(**{field: filters[name]})
        if filters.get("held"):
            rows = rows.filter(billing_hold_until__isnull=False)
        return rows.order_by("number")


class OrderFilters(FilterForm):
    """Narrow the list of orders."""

    number = forms.CharField(label="Number", max_length=32)
    state = forms.ChoiceField(choices=[*ANY, *choices.OrderState.choices])
    channel = forms.ChoiceField(choices=[*ANY, *choices.OrderChannel.choices])


ORDER_COLUMNS = (
    Column(
        label="Number",
        value="number",
        kind="code",
        link=lambda row: reverse("customers:order", args=[row.pk]),
    ),
    Column(label="Requested", value="requested_on", kind="date"),
    Column(label="Items", value="item_count", kind="number"),
    Column(label="First effective", value="first_effective", kind="date"),
    Column(label="Channel", value="get_channel_display"),
    Column(label="PO number", value="po_number"),
    Column(label="State", value="state", kind="status"),
)


class OrderList(ListScreen):
    """Orders, the latest first."""

    title = "Orders"
    permission = "customers.view_order"
    filters = OrderFilters
    keyset = ("-id",)
    empty = Empty(title="No orders yet", text="Order from an account's page, by API or by file.")
    columns = (
        ORDER_COLUMNS[0],
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda row: account_url(row.account_id),
        ),
        Column(label="Requested", value="requested_on", kind="date"),
        *ORDER_COLUMNS[4:],
    )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Order]:
        """Return the orders asked for."""
        rows = Order.objects.annotate(account_number=F("account__number"))
        if filters.get("number"):
            rows = rows.filter(number__startswith=filters["number"].strip())
        for name in ("state", "channel"):
            if filters.get(name):
                rows = rows.filter(**{name: filters[name]})
        return rows.order_by("-id")


class SubscriptionFilters(FilterForm):
    """Narrow the list of subscriptions."""

    number = forms.CharField(label="Number", max_length=32)
    identifier = forms.CharField(label="Identifier", max_length=64)
    state = forms.ChoiceField(choices=[*ANY, *choices.SubscriptionState.choices])


class SubscriptionList(ListScreen):
    """Subscriptions, the latest first; found by number or by an identifier of their services."""

    title = "Subscriptions"
    permission = "customers.view_subscription"
    filters = SubscriptionFilters
    keyset = ("-id",)
    empty = Empty(title="No subscriptions yet", text="They are made by submitted orders.")
    columns = (
        Column(
            label="Number",
            value="number",
            kind="code",
            link=lambda row: reverse("customers:subscription", args=[row.pk]),
        ),
        Column(
            label="Account",
            value="account_number",
            kind="code",
            link=lambda row: account_url(row.account_id),
        ),
        Column(label="Offer", value="offer"),
        Column(label="Since", value="effective_on", kind="date"),
        Column(label="Not billed from", value="end_on", kind="date"),
        Column(label="State", value="state", kind="status"),
    )

    def buttons(self) -> Sequence[Button]:
        """Offer to move many to another version of their offer."""
        return (
            Button(
                label="Move to another version",
                url=reverse("customers:migration"),
                permission="customers.import_customers",
            ),
        )

    def rows(self, filters: dict[str, Any]) -> QuerySet[Subscription]:
        """Return the subscriptions asked for."""
        rows = with_offer(Subscription.objects.annotate(account_number=F("account__number")))
        if filters.get("number"):
            rows = rows.filter(number__startswith=filters["number"].strip())
        if filters.get("identifier"):
            value = filters["identifier"].strip()
            rows = rows.filter(
                pk__in=Subscription.objects.filter(services__identifiers__value=value).values("pk")
            )
        if filters.get("state"):
            rows = rows.filter(state=filters["state"])
        return rows.order_by("-id")
