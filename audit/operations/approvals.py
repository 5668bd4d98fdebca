"""Approvals: ask, decide, use. Maker and checker are two people, always (F44)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.choices import ApprovalState
from audit.models import ApprovalPolicy, ApprovalRequest
from audit.operations.events import record_event
from audit.queries import free_limit
from audit.rules.fingerprints import canonical, fingerprint
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require

LIFETIME: Final = timedelta(hours=72)


class ApprovalMissing(Refusal):
    """Nobody has approved this act, or the approval was used or has expired."""

    rule = "APPROVAL_MISSING"


class PayloadChanged(Refusal):
    """An approval exists, but for something else than is being done now."""

    rule = "PAYLOAD_CHANGED"


class CannotDecide(Refusal):
    """The request is not waiting, or not for this person."""

    rule = "CANNOT_DECIDE"


def request_approval(
    *,
    action: str,
    subject: models.Model,
    payload: Mapping[str, Any],
    requester: User,
    amount: Decimal | None = None,
    currency: str = "",
    reason: str = "",
    of: Decimal | None = None,
) -> ApprovalRequest:
    """Ask for a second person's approval of exactly this act.

    `action` is the permission-like name of the act (`ledger.reopen_period`), `payload` all that
    decides its effect. Asking again for the same, while it waits or is approved, returns the
    request that exists. It expires after 72 hours. An amount, of a document over `of`, within
    what the requester may do without a second person is approved at once and recorded as
    `alone`.
    """
    digest = fingerprint(payload)
    with transaction.atomic():
        advisory_lock("approval", f"{action}:{subject._meta.label_lower}:{subject.pk}")
        expire_requests()
        existing = _requests(action, subject).filter(
            payload_hash=digest, state__in=[ApprovalState.PENDING, ApprovalState.APPROVED]
        )
        if (found := existing.first()) is not None:
            return found
        alone = _needs_nobody_else(action, requester, amount, currency, of)
        request = ApprovalRequest.objects.create(
            action=action,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            payload=_as_json(payload),
            payload_hash=digest,
            amount=amount,
            currency=currency,
            reason=reason,
            alone=alone,
            requester=requester,
            expires_at=Now() + LIFETIME,
        )
        record_event(topic="approval.requested", subject=request, actor=requester)
        if alone:
            request.state = ApprovalState.APPROVED
            request.decided_at = Now()
            request.save(update_fields=["state", "decided_at"])
            record_event(topic="approval.within_limit", subject=request, actor=requester)
            request.refresh_from_db()
    return request


def approve(*, request_id: int, approver: User, comment: str = "") -> ApprovalRequest:
    """Approve somebody else's request; the owning room then does the act.

    Raises: Forbidden; CannotDecide.
    """
    return _decide(request_id, approver, ApprovalState.APPROVED, comment)


def reject(*, request_id: int, approver: User, comment: str) -> ApprovalRequest:
    """Reject somebody else's request, saying why.

    Raises: Forbidden; CannotDecide.
    """
    if not comment.strip():
        raise CannotDecide("say why the request is rejected")
    return _decide(request_id, approver, ApprovalState.REJECTED, comment)


def withdraw(*, request_id: int, actor: User | None) -> ApprovalRequest:
    """End a request that is not used, by its asker or whoever the owning room lets do it.

    Raises: CannotDecide.
    """
    with transaction.atomic():
        request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
        if request.state not in (ApprovalState.PENDING, ApprovalState.APPROVED):
            raise CannotDecide(f"the request is not waiting any more: {request.state.lower()}")
        request.state = ApprovalState.WITHDRAWN
        request.save(update_fields=["state"])
        record_event(topic="approval.withdrawn", subject=request, actor=actor)
    return request


def consume_approval(
    *, action: str, subject: models.Model, payload: Mapping[str, Any]
) -> ApprovalRequest:
    """Use up the approval of exactly this act, in the transaction that does it.

    Call it in the act's own transaction, so that act and use stand or fall together. Two sessions
    cannot use one approval: the second waits, then finds it used.

    Raises: ApprovalMissing; PayloadChanged.
    """
    digest = fingerprint(payload)
    approved = list(
        _requests(action, subject)
        .select_for_update()
        .filter(state=ApprovalState.APPROVED, expires_at__gt=Now())
        .order_by("pk")
    )
    for request in approved:
        if request.payload_hash == digest:
            request.state = ApprovalState.USED
            request.used_at = Now()
            request.save(update_fields=["state", "used_at"])
            record_event(topic="approval.used", subject=request)
            return request
    if approved:
        raise PayloadChanged(
            "what was approved is not what would be done now; ask for approval anew"
        )
    raise ApprovalMissing("this needs the approval of a second person")


def approve_and_use(
    *,
    request: ApprovalRequest,
    subject: models.Model,
    payload: Mapping[str, Any],
    approver: User,
    comment: str = "",
) -> ApprovalRequest:
    """Approve a request, unless somebody has, and use it in the same transaction; return it used.

    Raises: Forbidden; CannotDecide; ApprovalMissing; PayloadChanged.
    """
    if request.state == ApprovalState.PENDING:
        approve(request_id=request.pk, approver=approver, comment=comment)
    return consume_approval(action=request.action, subject=subject, payload=payload)


def expire_requests() -> int:
    """Close every request that was not decided or used in time; return how many."""
    return ApprovalRequest.objects.filter(
        state__in=[ApprovalState.PENDING, ApprovalState.APPROVED], expires_at__lte=Now()
    ).update(state=ApprovalState.EXPIRED)


def _decide(
    request_id: int, approver: User, state: ApprovalState, comment: str
) -> ApprovalRequest:
    with transaction.atomic():
        request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
        require(approver, "audit.approve_request", *_permissions(request))
        if request.requester_id == approver.pk:
            raise CannotDecide("nobody decides on a request of their own")
        if request.state != ApprovalState.PENDING:
            raise CannotDecide(f"the request is not waiting any more: {request.state.lower()}")
        if ApprovalRequest.objects.filter(pk=request_id, expires_at__lte=Now()).exists():
            raise CannotDecide("the request has expired; ask again")
        request.state = state
        request.approver = approver
        request.decided_at = Now()
        request.comment = comment
        request.save(update_fields=["state", "approver", "decided_at", "comment"])
        record_event(topic=f"approval.{state.lower()}", subject=request, actor=approver)
    request.refresh_from_db()
    return request


def _needs_nobody_else(
    action: str, person: User, amount: Decimal | None, currency: str, of: Decimal | None
) -> bool:
    """Say whether the amount is within the person's limit; acts of one person wait in turn."""
    if amount is None or not currency:
        return False
    advisory_lock("alone", person.pk)
    limit = free_limit(action, person=person, currency=currency)
    return limit is not None and limit.covers(amount, of=of)


def _permissions(request: ApprovalRequest) -> list[str]:
    """Return what the policies of the action ask of its approver."""
    policies = ApprovalPolicy.objects.filter(
        Q(currency="") | Q(currency=request.currency), action=request.action, is_active=True
    )
    return sorted({permission for policy in policies for permission in policy.permissions})


def _requests(action: str, subject: models.Model) -> models.QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(
        action=action, subject_type=subject._meta.label_lower, subject_id=subject.pk
    )


def _as_json(payload: Mapping[str, Any]) -> Any:
    return json.loads(canonical(payload))
