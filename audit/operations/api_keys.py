"""API keys: shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.models import ApiKey
from audit.operations.events import record_event
from foundation.permissions import require

_MINUTE: Final = timedelta(minutes=1)


def issue_api_key(
    *, name: str, user: User, scopes: Sequence[str], expires_at: datetime, actor: User | None
) -> tuple[ApiKey, str]:
    """Make a key for a service user and return it with its secret, which is never shown again.

    `scopes` are permissions (`app.codename`); the key may do what both it and its user may.
    """
    require(actor, "audit.add_apikey")
    secret = f"bk_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            prefix=secret[:10],
            secret_hash=hash_of(secret),
            scopes=sorted(set(scopes)),
            user=user,
            expires_at=expires_at,
            created_by=actor,
        )
        record_event(topic="api_key.issued", subject=key, actor=actor)
    return key, secret


def revoke_api_key(*, key_id: int, actor: User | None) -> None:
    """Make a key worthless at once; revoking it again changes nothing."""
    require(actor, "audit.change_apikey")
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().get(pk=key_id)
        if key.revoked_at is None:
            key.revoked_at = Now()
            key.updated_by = actor
            key.save()
            record_event(topic="api_key.revoked", subject=key, actor=actor)


def mark_used(*, key_id: int) -> None:
    """Note that a key was used, to the minute: one write a minute is enough."""
    ApiKey.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - _MINUTE), pk=key_id
    ).update(last_used_at=Now())


def hash_of(secret: str) -> str:
    """Return the stored form of a secret: random as it is, a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
