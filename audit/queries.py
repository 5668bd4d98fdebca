"""Reads of the audit room."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

from audit.choices import ApprovalState
from audit.models import ApiKey, ApprovalPolicy, ApprovalRequest, BusinessEvent, Change, Seal
from foundation import sql
from foundation.integrity import Check, Finding


def waiting_requests() -> QuerySet[ApprovalRequest]:
    """Return the requests that wait for a second person, oldest first."""
    return (
        ApprovalRequest.objects.filter(state=ApprovalState.PENDING, expires_at__gt=Now())
        .select_related("requester")
        .order_by("requested_at", "pk")
    )


def approved_request(action: str, subject: Model) -> ApprovalRequest | None:
    """Return the approval of an act on a subject that is still to be used."""
    return (
        ApprovalRequest.objects.filter(
            action=action,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            state=ApprovalState.APPROVED,
            expires_at__gt=Now(),
        )
        .order_by("-pk")
        .first()
    )


def needs_approval(action: str, *, amount: Decimal | None = None, currency: str = "") -> bool:
    """Tell whether the policies ask for a second person; without a policy they do."""
    policies = ApprovalPolicy.objects.filter(action=action, is_active=True)
    policy = policies.filter(currency=currency).first() or policies.filter(currency="").first()
    if policy is None or policy.free_up_to is None or amount is None:
        return True
    return abs(amount) > policy.free_up_to


def changes_of(obj: Model) -> QuerySet[Change]:
    """Return the row history of an object, newest first."""
    return Change.objects.filter(table_name=obj._meta.db_table, row_id=str(obj.pk)).order_by("-pk")


def events_of(obj: Model) -> QuerySet[BusinessEvent]:
    """Return what happened to an object, newest first."""
    return BusinessEvent.objects.filter(
        subject_type=obj._meta.label_lower, subject_id=obj.pk
    ).order_by("-pk")


def undelivered_events(limit: int) -> QuerySet[BusinessEvent]:
    """Return the oldest events that were not passed on yet, locked for this transaction."""
    return (
        BusinessEvent.objects.select_for_update(skip_locked=True)
        .filter(delivered_at__isnull=True)
        .order_by("pk")[:limit]
    )


def live_api_key(secret_hash: str) -> ApiKey | None:
    """Return the key with this hash if it is neither revoked nor expired nor its user inactive."""
    return (
        ApiKey.objects.filter(
            Q(revoked_at__isnull=True),
            secret_hash=secret_hash,
            expires_at__gt=Now(),
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )


def digest(*, previous: str, first: int, last: int) -> tuple[int, str]:
    """Return count and chained digest of the changes with ids from `first` to `last`."""
    with connection.cursor() as cursor:
        sql.run(cursor, "audit", "seal_digest", previous=previous, first=first, last=last)
        count, value = cursor.fetchone()
    return count, value


def check_seals() -> list[Finding]:
    """Recompute every seal; a change edited, removed or slipped in shows itself (I-23)."""
    findings: list[Finding] = []
    previous, expected_first = "", 0
    for seal in Seal.objects.order_by("last_change_id"):
        count, value = digest(
            previous=seal.previous_digest, first=seal.first_change_id, last=seal.last_change_id
        )
        if seal.previous_digest != previous or seal.first_change_id != expected_first:
            findings.append(
                Finding("I-23", f"seal {seal.pk}", "the chain is broken", previous, seal.digest)
            )
        if (count, value) != (seal.row_count, seal.digest):
            findings.append(
                Finding(
                    "I-23",
                    f"seal {seal.pk}",
                    f"the history from change {seal.first_change_id} to {seal.last_change_id} "
                    "is not what was sealed",
                    f"{seal.row_count} rows {seal.digest}",
                    f"{count} rows {value}",
                )
            )
        previous, expected_first = seal.digest, seal.last_change_id + 1
    return findings


INTEGRITY: tuple[Check, ...] = (Check("I-23", "The row history is what was sealed", check_seals),)
