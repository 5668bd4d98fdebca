"""Receivables in the admin: looked at, never edited."""

from __future__ import annotations

from django.contrib import admin

from foundation.admin import ReadOnlyAdmin, ReadOnlyInline
from receivables.models import Allocation, AllocationBatch, DisputeMark, OpenItem


@admin.register(OpenItem)
class OpenItemAdmin(ReadOnlyAdmin):
    """Open items of all payers."""

    list_display = (
        "number",
        "side",
        "payer",
        "doc_date",
        "due_date",
        "amount",
        "open",
        "disputed",
        "currency",
    )
    list_select_related = ("payer",)
    list_filter = ("side", "entity", "currency")
    search_fields = ("number__startswith",)


@admin.register(DisputeMark)
class DisputeMarkAdmin(ReadOnlyAdmin):
    """What was disputed from when on."""

    list_display = ("id", "item", "on_date", "disputed", "reason", "recorded_by")
    list_select_related = ("item", "recorded_by")


class AllocationInline(ReadOnlyInline):
    """The allocations that were decided together."""

    model = Allocation
    fields = ("debit_item", "credit_item", "amount", "currency", "realised_fx", "on_date")


@admin.register(AllocationBatch)
class AllocationBatchAdmin(ReadOnlyAdmin):
    """What was settled together, and what was taken back."""

    list_display = ("id", "payer", "kind", "strategy", "on_date", "amount", "currency")
    list_select_related = ("payer",)
    list_filter = ("kind", "strategy", "entity")
    inlines = (AllocationInline,)


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    """Every allocation, mirrors included."""

    list_display = ("id", "debit_item", "credit_item", "amount", "currency", "on_date")
    list_select_related = ("debit_item", "credit_item")
    list_filter = ("currency",)
