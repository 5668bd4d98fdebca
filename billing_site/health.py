"""Answers for those who watch the installation: is the process there, can it work."""

from datetime import timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.models import OrmQ

import audit.queries
from billing_site import schema

TASKS_LATE_AFTER = timedelta(minutes=2)
OUTBOX_LATE_AFTER = timedelta(minutes=15)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer without touching anything: the process lives."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database is there and migrated, else 503 and what is missing.

    A task cluster that lags, and events that are not passed on, are told, but do not take the
    console out of service.
    """
    try:
        connection = connections[DEFAULT_DB_ALIAS]
        executor = MigrationExecutor(connection)
        if changed := schema.changed_since(connection):
            answer = {"status": "tables of another version", "changed": changed}
            return JsonResponse(answer, status=503)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing:
            return JsonResponse({"status": "migrations missing", "missing": missing}, status=503)
        answer = {
            "status": "ok",
            "tasks": "late" if tasks_are_late() else "ok",
            "outbox": "late" if outbox_is_late() else "ok",
        }
        return JsonResponse(answer)
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)


def tasks_are_late() -> bool:
    """Tell whether a queued task has waited so long that no cluster seems to run.

    The queue stamps a new task with its time less the retry interval.
    """
    retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
    return OrmQ.objects.filter(lock__lt=timezone.now() - retry - TASKS_LATE_AFTER).exists()


def outbox_is_late() -> bool:
    """Tell whether the oldest event that was not passed on has waited for three ticks."""
    since = audit.queries.outbox_since()
    return since is not None and since < timezone.now() - OUTBOX_LATE_AFTER
