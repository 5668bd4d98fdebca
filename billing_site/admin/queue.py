"""The task queue, to look at: nothing can be scheduled or sent again from here.

A schedule names any function to call; a page that edits schedules would be a shell. Arguments and
results are not shown either: showing them would unpickle them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from foundation.admin import ReadOnlyAdmin

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class TaskAdmin(ReadOnlyAdmin):
    """A task that ran: its function and times."""

    list_display = ("name", "func", "started", "stopped", "attempt_count")
    search_fields = ("name", "func")
    fields = ("name", "func", "started", "stopped", "success", "attempt_count")
    ordering = ("-started",)


@admin.register(Success)
class FinishedTaskAdmin(TaskAdmin):
    """Tasks that ended well."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the finished ones."""
        return super().get_queryset(request).filter(success=True)


@admin.register(Failure)
class FailedTaskAdmin(TaskAdmin):
    """Tasks that failed; what they were to do stands in our own tables."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the failed ones."""
        return super().get_queryset(request).filter(success=False)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """What the clock rings; made by `setup_schedules`."""

    list_display = ("name", "func", "schedule_type", "minutes", "next_run")
    fields = ("name", "func", "schedule_type", "minutes", "cron", "next_run", "repeats")
    ordering = ("name",)
