"""Requests that may be repeated: insert first, answer once, replay after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from audit.models import IdempotencyKey
from foundation.errors import Refusal

KEPT_FOR: Final = timedelta(days=30)


class KeyReused(Refusal):
    """The key was used before, for a different request."""

    rule = "IDEMPOTENCY_KEY_REUSED"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    body: Any


def claim(*, client: str, key: str, fingerprint: str) -> Answer | None:
    """Claim a key for a request, or return the answer that it got before.

    The first statement of the request's transaction. A duplicate that arrives meanwhile waits for
    that transaction: committed, it gets the stored answer; rolled back (a failed validation
    stores nothing), it goes ahead itself. `fingerprint` is `rules.fingerprints.fingerprint` of
    method, path and body.

    Raises: KeyReused when the same key came with a different request.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a key is claimed inside its transaction")
    mine = IdempotencyKey(
        client=client, key=key, fingerprint=fingerprint, expires_at=Now() + KEPT_FOR
    )
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    stored = IdempotencyKey.objects.select_for_update().get(client=client, key=key)
    if stored.fingerprint != fingerprint:
        raise KeyReused("this idempotency key was used before for a different request")
    if stored.status is None:
        return None
    return Answer(stored.status, stored.response)


def remember_answer(*, client: str, key: str, status: int, body: Any) -> None:
    """Store the answer with the effect, as the last statement of the request's transaction."""
    IdempotencyKey.objects.filter(client=client, key=key).update(status=status, response=body)


def forget_expired() -> int:
    """Delete answers kept for longer than thirty days; return how many."""
    return IdempotencyKey.objects.filter(expires_at__lte=Now()).delete()[0]
