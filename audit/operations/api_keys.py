"""API keys: shown once, stored as a hash, opened by a second person."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.models import ApiKey, ApprovalRequest
from audit.operations.approvals import consume_approval, request_approval
from audit.operations.events import record_event
from audit.rules.service_users import is_service_user
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

ISSUE: Final = "audit.issue_api_key"
"""The action under which a key waits for a second person."""

LONGEST: Final = 400
"""Days after which every key is worthless: a year, and time to change it."""

_MINUTE: Final = timedelta(minutes=1)


class NotAServiceUser(Refusal):
    """A key acts as its user, so that of a person would make others act in that person's name."""

    rule = "KEY-1"


class BeyondItsUser(Refusal):
    """A key allows nothing that its user may not."""

    rule = "KEY-2"


def issue_api_key(
    *,
    name: str,
    user: User,
    scopes: Sequence[str],
    days: int,
    actor: User | None,
    reason: str = "",
) -> tuple[ApiKey, str]:
    """Make a key for a service user and return it with its secret, which is never shown again.

    `scopes` are permissions (`app.codename`); the key may do what both it and its user may, for
    `days` days. It opens nothing before a second person has approved exactly it; a key issued on
    the server (no actor) opens at once.

    Raises: Forbidden; Invalid; NotAServiceUser; BeyondItsUser.
    """
    require(actor, "audit.add_apikey")
    wanted = sorted(set(scopes))
    _refuse(name, user, wanted, days)
    secret = f"bk_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name.strip(),
            prefix=secret[:10],
            secret_hash=hash_of(secret),
            scopes=wanted,
            user=user,
            approved_at=Now() if actor is None else None,
            expires_at=Now() + timedelta(days=days),
            created_by=actor,
        )
        key.refresh_from_db()
        record_event(topic="api_key.issued", subject=key, actor=actor)
        if actor is not None:
            request_approval(
                action=ISSUE, subject=key, payload=_payload(key), requester=actor, reason=reason
            )
    return key, secret


@transaction.atomic
def open_api_key(*, request: ApprovalRequest) -> ApiKey:
    """Let the key of an approved request open what it may, and use the approval up.

    Raises: ApprovalMissing; PayloadChanged.
    """
    key = ApiKey.objects.select_for_update().select_related("user").get(pk=request.subject_id)
    used = consume_approval(action=ISSUE, subject=key, payload=_payload(key))
    key.approved_at = Now()
    key.updated_by = used.approver
    key.save()
    record_event(topic="api_key.opened", subject=key, actor=used.approver)
    return key


def revoke_api_key(*, key_id: int, actor: User | None) -> None:
    """Make a key worthless at once and for ever; revoking it again changes nothing."""
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


def _refuse(name: str, user: User, wanted: Sequence[str], days: int) -> None:
    if not name.strip():
        raise Invalid("a key has a name, by which its program is told", column="name")
    if not 1 <= days <= LONGEST:
        raise Invalid(f"a key lives between 1 and {LONGEST} days", column="days")
    if not wanted:
        raise Invalid("a key that may do nothing is of no use", column="scopes")
    if not is_service_user(user):
        raise NotAServiceUser(
            f"{user.get_username()} is no service user: a key acts as its user, who must be "
            "active and must not be able to log in",
            column="user",
        )
    beyond = [scope for scope in wanted if not user.has_perm(scope)]
    if beyond:
        raise BeyondItsUser(
            f"{user.get_username()} may not: {', '.join(beyond)}; give the user a role that "
            "does, or leave it out",
            column="scopes",
        )


def _payload(key: ApiKey) -> dict[str, Any]:
    """Return what an approval is bound to."""
    return {
        "name": key.name,
        "prefix": key.prefix,
        "user": key.user.get_username(),
        "scopes": key.scopes,
        "expires_at": key.expires_at.astimezone(UTC).isoformat(timespec="minutes"),
    }
