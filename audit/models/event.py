"""Business events: what happened, in the words of the trade, and whether it was passed on."""

from __future__ import annotations

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

THIS_INSTANT: Final = models.Func(function="clock_timestamp", output_field=models.DateTimeField())


class BusinessEvent(models.Model):
    """One thing that happened to one subject; written in the transaction in which it happened.

    The table is the outbox too: `delivered_at` and `attempts` are the only columns that may
    change afterwards. `occurred_at` is when the transaction began, `recorded_at` the instant at
    which the row got its number: by it the feed tells which numbers can still come (decision 20).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    topic = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=THIS_INSTANT)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["subject_type", "subject_id", "id"], name="audit_businessevent_subject"
            ),
            models.Index(fields=["topic", "id"], name="audit_businessevent_topic"),
            models.Index(
                fields=["id"],
                name="audit_event_undelivered",
                condition=Q(delivered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_type}/{self.subject_id}"
