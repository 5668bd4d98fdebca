"""The audit room in the admin: policies and reasons may be edited, records are looked at."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from audit import queries
from audit.models import (
    ApprovalPolicy,
    ApprovalRequest,
    BusinessEvent,
    Change,
    ImportBatch,
    ImportRowError,
    JobRun,
    ReasonCode,
    Seal,
)
from foundation.admin import HouseAdmin, ReadOnlyAdmin, ReadOnlyInline


@admin.register(ReasonCode)
class ReasonCodeAdmin(HouseAdmin):
    """Reasons to choose from."""

    list_display = ("domain", "code", "text", "is_active")
    list_filter = ("domain", "is_active")
    search_fields = ("code", "text")


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(ReadOnlyAdmin):
    """What needs a second person, from which amount on; changed on the page of the limits."""

    list_display = (
        "action", "currency", "role", "free_up_to", "free_share", "permissions", "is_active",
    )  # fmt: skip
    list_filter = ("is_active",)
    search_fields = ("action",)


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    """Requests; decided in the approvals inbox."""

    list_display = ("action", "subject_type", "subject_id", "state", "requester", "approver")
    list_select_related = ("requester", "approver")
    list_filter = ("state", "action")
    ordering = ("-id",)


@admin.register(BusinessEvent)
class BusinessEventAdmin(ReadOnlyAdmin):
    """What happened to what the person may look at."""

    list_display = ("id", "topic", "subject_type", "subject_id", "actor", "occurred_at")
    list_select_related = ("actor",)
    list_filter = ("topic",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BusinessEvent]:
        """Return the events about what the person has the right to look at."""
        assert isinstance(request.user, User)
        rows: QuerySet[BusinessEvent] = super().get_queryset(request)
        return rows & queries.events_for(request.user)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Row history; the search takes a table, or a table and the number of a row in it."""

    list_display = ("id", "table_name", "row_id", "operation", "actor_id", "via", "reason", "at")
    list_filter = ("operation",)
    search_fields = ("table_name__exact", "row_id__exact")
    search_help_text = "A table, or a table and a row: customers_account 17"
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Change], search_term: str
    ) -> tuple[QuerySet[Change], bool]:
        """Find by the head of the index: the first word is a table, the second a row of it."""
        table, _, row = search_term.strip().partition(" ")
        if table:
            queryset = queryset.filter(table_name=table)
        if row:
            queryset = queryset.filter(row_id=row.strip())
        return queryset, False


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """Seals over the row history."""

    list_display = ("id", "first_change_id", "last_change_id", "row_count", "sealed_at")
    ordering = ("-id",)


class ImportRowErrorInline(ReadOnlyInline):
    """The rows of a file that were not taken."""

    model = ImportRowError
    fields = ("row", "column", "value", "rule", "message")
    show_change_link = False


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Files that were read."""

    list_display = ("id", "kind", "filename", "state", "actor", "opened_at")
    list_select_related = ("actor",)
    list_filter = ("state", "kind")
    ordering = ("-id",)
    inlines = (ImportRowErrorInline,)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Jobs that ran."""

    list_display = ("id", "name", "state", "attempts", "started_at", "finished_at")
    list_filter = ("state", "name")
    ordering = ("-id",)
