"""Row history, written by a trigger, and the seals that make tampering show."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models.functions import Now

from audit.choices import Operation

THIS_TRANSACTION: Final = models.Func(
    template="(pg_current_xact_id()::text)::bigint", output_field=models.BigIntegerField()
)


class Change(models.Model):
    """What one statement did to one tracked row; INSERT only.

    `before` and `after` hold the changed columns of an update, the whole row otherwise. Who and
    why come from `audit.operations.context`. No foreign key: history outlives what it is about.
    By `xact` one asks what has changed since a moment: transactions end in another order than
    they begin, so neither `id` nor `at` can tell.
    """

    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=64)
    operation = models.CharField(max_length=6, choices=Operation.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor_id = models.BigIntegerField(null=True)
    via = models.CharField(max_length=100, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(db_default=Now())
    xact = models.BigIntegerField(
        db_default=THIS_TRANSACTION, help_text="The transaction that made the change."
    )

    class Meta:
        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="audit_change_row"),
            models.Index(fields=["xact"], name="audit_change_xact"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.table_name}/{self.row_id}"


class Seal(models.Model):
    """The hash of a stretch of changes, chained to the seal before it (I-23)."""

    first_change_id = models.BigIntegerField()
    last_change_id = models.BigIntegerField(unique=True)
    row_count = models.BigIntegerField()
    previous_digest = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"changes {self.first_change_id} to {self.last_change_id}"
