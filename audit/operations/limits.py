"""Limits of what one person does alone: asked by one person, set when another has agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from audit.models import ApprovalPolicy, ApprovalRequest
from audit.operations.approvals import PayloadChanged, consume_approval, request_approval
from audit.operations.events import record_event
from foundation.errors import Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIMIT: Final = "audit.change_limit"
"""The action under which a change of a limit waits for a second person."""


class LimitUnchanged(Refusal):
    """What is asked is what is in force."""

    rule = "LIMIT_UNCHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a limit says: up to `free_up_to` of `currency`, who holds `role` acts alone."""

    action: str
    currency: str = ""
    role: str = ""
    free_up_to: Decimal | None = None
    free_share: Decimal | None = None
    permissions: tuple[str, ...] = ()
    is_active: bool = True


@transaction.atomic
def request_limit(*, limit: Limit, actor: User, reason: str = "") -> ApprovalRequest:
    """Ask a second person to agree to a limit of an action, currency and role, new or changed.

    The limit in force holds until then; a new one is kept, out of force.

    Raises: Forbidden; LimitUnchanged.
    """
    require(actor, "audit.add_approvalpolicy", "audit.change_approvalpolicy")
    advisory_lock("limit", f"{limit.action}:{limit.currency}:{limit.role}")
    policy, is_new = ApprovalPolicy.objects.get_or_create(
        action=limit.action,
        currency=limit.currency,
        role=limit.role,
        defaults={
            "permissions": list(limit.permissions),
            "is_active": False,
            "created_by": actor,
        },
    )
    held, wanted = _words(limit_of(policy)), _words(limit)
    if held == wanted and not is_new:
        raise LimitUnchanged("this is the limit that is in force")
    return request_approval(
        action=LIMIT,
        subject=policy,
        payload={"now": held, "wanted": wanted},
        requester=actor,
        reason=reason,
    )


@transaction.atomic
def set_limit(*, request: ApprovalRequest) -> ApprovalPolicy:
    """Put the limit of an approved request in force, and use the approval up.

    Raises: PayloadChanged where the limit is no longer what the approver saw; ApprovalMissing.
    """
    policy = ApprovalPolicy.objects.select_for_update().get(pk=request.subject_id)
    if _words(limit_of(policy)) != request.payload["now"]:
        raise PayloadChanged("the limit was changed since; ask for approval again")
    used = consume_approval(action=LIMIT, subject=policy, payload=request.payload)
    wanted = request.payload["wanted"]
    for field in ("free_up_to", "free_share"):
        setattr(policy, field, None if wanted[field] is None else Decimal(wanted[field]))
    policy.permissions = list(wanted["permissions"])
    policy.is_active = wanted["is_active"]
    policy.updated_by = used.requester
    policy.save()
    record_event(topic="approval.limit_set", subject=policy, payload=wanted, actor=used.approver)
    return policy


def limit_of(policy: ApprovalPolicy) -> Limit:
    """Return what a kept limit says."""
    return Limit(
        action=policy.action,
        currency=policy.currency,
        role=policy.role,
        free_up_to=policy.free_up_to,
        free_share=policy.free_share,
        permissions=tuple(policy.permissions),
        is_active=policy.is_active,
    )


def _words(limit: Limit) -> Mapping[str, Any]:
    """Return a limit as an approval is bound to it: numbers as words, without idle zeros."""
    return {
        **asdict(limit),
        "permissions": sorted(limit.permissions),
        **{
            field: None if value is None else f"{value.normalize():f}"
            for field, value in (
                ("free_up_to", limit.free_up_to),
                ("free_share", limit.free_share),
            )
        },
    }
