"""How machines come in: API keys, and the keys that make their requests harmless to repeat."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.stamped import Stamped


class ApiKey(Stamped):
    """A key that a program shows; stored as a hash, limited in scope and in time.

    One without `approved_at` waits for a second person, and opens nothing.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=100), default=list)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                name="audit_apikey_is_hashed",
                condition=Q(secret_hash__regex="^[0-9a-f]{64}$"),  # noqa: S106  (a pattern)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(models.Model):
    """The answer that one request got, so that the same request again gets the same answer."""

    client = models.CharField(max_length=80)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "key"], name="audit_idempotencykey_is_unique"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="audit_idempotencykey_expiry")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"
