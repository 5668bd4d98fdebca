"""Payments in the admin: tender types may be edited, everything else is looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from foundation.admin import HouseAdmin, ReadOnlyAdmin, ReadOnlyInline
from payments.models import (
    Payment,
    PaymentBatch,
    PaymentReversal,
    RemittanceLine,
    TenderType,
    UnidentifiedReceipt,
)


@admin.register(TenderType)
class TenderTypeAdmin(HouseAdmin):
    """Kinds of tender; a new one needs a clearing account in the chart, and nothing else."""

    list_display = ("code", "name", "clearing_account", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes when the tender exists."""
        return ("code",) if obj else ()


class RemittanceInline(ReadOnlyInline):
    """What the payer said the payment is for."""

    model = RemittanceLine
    fields = ("sequence", "number", "amount", "currency")
    ordering = ("sequence",)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments; recorded and reversed from the console."""

    list_display = ("number", "payer", "received_on", "amount", "currency", "tender", "state")
    list_select_related = ("payer", "tender")
    list_filter = ("state", "tender", "currency")
    search_fields = ("number__startswith", "external_id__exact")
    inlines = (RemittanceInline,)


@admin.register(PaymentReversal)
class PaymentReversalAdmin(ReadOnlyAdmin):
    """Payments that went back."""

    list_display = ("payment", "kind", "reversed_on", "reason", "recorded_by")
    list_select_related = ("payment", "recorded_by")
    list_filter = ("kind",)


@admin.register(PaymentBatch)
class PaymentBatchAdmin(ReadOnlyAdmin):
    """Recorded files."""

    list_display = (
        "filename",
        "recorded_at",
        "payment_count",
        "payment_amount",
        "unidentified_count",
        "unidentified_amount",
        "currency",
    )
    list_filter = ("entity", "currency")


@admin.register(UnidentifiedReceipt)
class UnidentifiedReceiptAdmin(ReadOnlyAdmin):
    """Money without an owner; worked from the console's queue."""

    list_display = ("id", "received_on", "amount", "currency", "payer_text", "state", "next_step")
    list_filter = ("state", "next_step", "entity")
    search_fields = ("external_id__exact",)
