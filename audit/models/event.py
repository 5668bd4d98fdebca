"""Business events: what happened, in the words of the trade, and whether it was passed on."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class BusinessEvent(models.Model):
    """One thing that happened to one subject; written in the transaction in which it happened.

    The table is the outbox too: `delivered_at` and `attempts` are the only columns that may
    change afterwards.
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
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["subject_type", "subject_id", "id"], name="audit_businessevent_subject"
            ),
            models.Index(
                fields=["id"],
                name="audit_event_undelivered",
                condition=Q(delivered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_type}/{self.subject_id}"
