"""Webhooks: who is told of which events over HTTP, and what became of each telling."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.choices import DeliveryState, EndpointState
from audit.models.event import BusinessEvent
from foundation.stamped import Stamped

UNFINISHED: Final = (DeliveryState.WAITING, DeliveryState.PARKED)
"""What holds back later events of the same subject."""

OLD_SECRET_FOR: Final = timedelta(hours=24)
"""So long after a change of the secret the former one signs as well."""


class WebhookEndpoint(Stamped):
    """An address that is told of events: of these topics, and about what its user may look at.

    `entity` is the number of a legal entity, where it is to hear of that one only. No secret is
    stored: it is derived from the key of the installation, `uuid` and `secret_number`, which is
    one greater with each change (decision 21).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    topics = ArrayField(models.CharField(max_length=80))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entity = models.BigIntegerField(null=True)
    state = models.CharField(
        max_length=6, choices=EndpointState.choices, default=EndpointState.ACTIVE
    )
    secret_number = models.PositiveSmallIntegerField(default=1)
    secret_changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=~Q(state="CLOSED"),
                name="audit_webhookendpoint_named_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=EndpointState.values), name="audit_webhookendpoint_state"
            ),
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://[^/@?#[:space:]]+(/|$)"),
                name="audit_webhookendpoint_is_address",
            ),
            models.CheckConstraint(
                condition=Q(topics__len__gt=0), name="audit_webhookendpoint_has_topics"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event for one endpoint: told at least once, in order for each subject.

    A try is counted, and the next one dated, before anything is sent: whatever becomes of the
    process, the event is sent again with the same id, or parked after the last try.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(
        BusinessEvent, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    last_tried_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event"], name="audit_webhookdelivery_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DELIVERED", "SKIPPED"], ended_at__isnull=False)
                | Q(state__in=["WAITING", "PARKED"], ended_at__isnull=True),
                name="audit_webhookdelivery_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["PARKED", "SKIPPED"]) | ~Q(last_error=""),
                name="audit_webhookdelivery_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_try_at"],
                name="audit_webhookdelivery_due",
                condition=Q(state="WAITING"),
            ),
            models.Index(
                fields=["endpoint", "subject_type", "subject_id", "event"],
                name="audit_webhookdelivery_open",
                condition=Q(state__in=["WAITING", "PARKED"]),
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} for endpoint {self.endpoint_id}"
