"""The customers room in the admin: lists to search and look at; the console's pages write."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from customers.models import (
    Account,
    AccountAddress,
    AccountPosition,
    ChargeSegment,
    Contact,
    Contract,
    ContractPrice,
    Customer,
    ExemptionCertificate,
    Order,
    OrderItem,
    ServiceIdentifier,
    ServiceInstance,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
)
from foundation.admin import ReadOnlyAdmin, ReadOnlyInline


class ContactInline(ReadOnlyInline):
    """Who to write to."""

    model = Contact
    fields = ("name", "role", "email", "phone", "is_active")
    ordering = ("pk",)


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers, found by number or part of the name."""

    list_display = ("number", "legal_name", "kind", "segment", "status")
    list_filter = ("kind", "status", "segment")
    search_fields = ("number__startswith", "legal_name")
    search_help_text = "Beginning of the number, or part of the name"
    ordering = ("number",)
    inlines = (ContactInline,)


class PositionInline(ReadOnlyInline):
    """Where the account hangs, by days."""

    model = AccountPosition
    fk_name = "account"
    fields = ("valid", "parent", "role", "reason")
    ordering = ("valid",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring the parents along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("parent")


class AddressInline(ReadOnlyInline):
    """Its addresses, by days."""

    model = AccountAddress
    fields = ("role", "address", "valid")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring the addresses along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("address")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Accounts, found by number or part of the name; indented in tree order."""

    list_display = (
        *("number", "indented_name", "customer", "role", "entity", "currency"),
        *("cycle_code", "billing_hold_until", "status"),
    )
    list_filter = ("role", "status", "entity", "currency", "cycle_code")
    list_select_related = ("customer", "entity")
    search_fields = ("number__startswith", "name")
    search_help_text = "Beginning of the number, or part of the name"
    ordering = ("tree_id", "lft")
    inlines = (PositionInline, AddressInline)

    @admin.display(description="name", ordering="name")
    def indented_name(self, row: Account) -> str:
        """Return the name, indented by its level."""
        return "\u2003" * row.level + row.name


class PriceInline(ReadOnlyInline):
    """The prices agreed."""

    model = ContractPrice
    fields = (
        *("charge", "product", "currency", "kind", "unit_price", "percent_off", "valid"),
        "in_force",
    )
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring charges and products along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("charge", "product")


@admin.register(Contract)
class ContractAdmin(ReadOnlyAdmin):
    """Contracts with their prices."""

    list_display = ("number", "account", "valid", "renewal", "state")
    list_filter = ("state", "renewal")
    list_select_related = ("account",)
    search_fields = ("number__startswith", "account__number__startswith")
    ordering = ("-id",)
    inlines = (PriceInline,)


class OrderItemInline(ReadOnlyInline):
    """What was asked for."""

    model = OrderItem
    fields = ("seq", "action", "offer_version", "subscription", "quantity", "effective_on")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring offers and subscriptions along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("offer_version", "subscription")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders, the latest first."""

    list_display = ("number", "account", "requested_on", "channel", "external_id", "state")
    list_filter = ("state", "channel")
    list_select_related = ("account",)
    search_fields = ("number__startswith", "external_id__startswith")
    ordering = ("-id",)
    inlines = (OrderItemInline,)


class ChargeInline(ReadOnlyInline):
    """Its charges."""

    model = SubscriptionCharge
    fields = ("charge", "anchor")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring the charges along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("charge")


class EventInline(ReadOnlyInline):
    """What happened to it."""

    model = SubscriptionEvent
    fields = ("kind", "on_date", "order_item", "actor", "recorded_at")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bring order items and people along."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("order_item", "actor")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Subscriptions, the latest first."""

    list_display = ("number", "account", "effective_on", "end_on", "price_policy", "state")
    list_filter = ("state", "term_type")
    list_select_related = ("account",)
    search_fields = ("number__startswith",)
    ordering = ("-id",)
    inlines = (ChargeInline, EventInline)


@admin.register(ChargeSegment)
class ChargeSegmentAdmin(ReadOnlyAdmin):
    """The timeline that billing reads."""

    list_display = (
        *("subscription_charge_id", "valid", "quantity", "override_price", "state", "reason"),
    )
    list_filter = ("state",)
    search_fields = ("=subscription_charge__id",)
    ordering = ("-id",)


class IdentifierInline(ReadOnlyInline):
    """Its identifiers, by instants."""

    model = ServiceIdentifier
    fields = ("type", "value", "valid")
    ordering = ("pk",)


@admin.register(ServiceInstance)
class ServiceInstanceAdmin(ReadOnlyAdmin):
    """Services with their identifiers."""

    list_display = ("number", "subscription", "type", "state")
    list_filter = ("state", "type")
    list_select_related = ("subscription",)
    search_fields = ("number__startswith",)
    ordering = ("-id",)
    inlines = (IdentifierInline,)


@admin.register(ServiceIdentifier)
class ServiceIdentifierAdmin(ReadOnlyAdmin):
    """Identifiers, found by their value."""

    list_display = ("type", "value", "service", "valid")
    list_filter = ("type",)
    list_select_related = ("service",)
    search_fields = ("=value",)
    search_help_text = "The whole identifier"
    ordering = ("-id",)


@admin.register(ExemptionCertificate)
class ExemptionCertificateAdmin(ReadOnlyAdmin):
    """Exemption certificates, the latest first."""

    list_display = ("number", "account", "jurisdiction", "percent", "valid", "state")
    list_filter = ("state", "jurisdiction")
    list_select_related = ("account", "jurisdiction")
    search_fields = ("number__startswith",)
    ordering = ("-id",)
