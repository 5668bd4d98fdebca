"""The steps that offer versions and price versions share (2.11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now

import audit.operations
import audit.queries
from catalog.choices import VersionState
from catalog.models.lifecycle import Versioned
from catalog.queries.checklist import Checklist
from foundation.errors import Refusal


class WrongState(Refusal):
    """The version is not in the state from which this step starts."""

    rule = "VERSION-STATE"


class NotADraft(WrongState):
    """Only a draft can be changed."""


class CannotApprove(Refusal):
    """The author of a version does not approve or publish it."""

    rule = "FOUR-EYES"
    http_status = 403


class CannotPublish(Refusal):
    """The checklist is not green; `problems` says why."""

    rule = "PUBLISH"

    def __init__(self, checklist: Checklist) -> None:
        """Make one message of the problems."""
        super().__init__(" ".join(problem.message for problem in checklist.problems))
        self.problems = checklist.problems


def require_state(version: Versioned, *states: VersionState) -> None:
    """Refuse a step that does not start from the version's state.

    Raises: WrongState; NotADraft.
    """
    if version.state in states:
        return
    wanted = " or ".join(state.label.lower() for state in states)
    kind = NotADraft if states == (VersionState.DRAFT,) else WrongState
    now = VersionState(version.state).label.lower()
    raise kind(f"this version is {now}; the step needs one that is {wanted}")


def submit(
    version: Versioned, *, action: str, payload: Mapping[str, Any], actor: User | None, reason: str
) -> None:
    """Freeze a draft and ask for a second person's approval; the system asks nobody."""
    require_state(version, VersionState.DRAFT)
    version.state = VersionState.IN_REVIEW
    version.submitted_by, version.submitted_at = actor, Now()
    version.approved_by = version.approved_at = None
    _save(version, actor)
    if actor is not None:
        audit.operations.request_approval(
            action=action, subject=version, payload=payload, requester=actor, reason=reason
        )


def approve(version: Versioned, *, action: str, actor: User | None, comment: str) -> None:
    """Record the approval of somebody who is not the author.

    Raises: CannotApprove; audit's refusals.
    """
    require_state(version, VersionState.IN_REVIEW)
    refuse_author(version, actor, "approve")
    request = _waiting(version, action)
    given = audit.queries.approved_request(action, version)
    if request is not None and actor is not None:
        audit.operations.approve(request_id=request.pk, approver=actor, comment=comment)
    elif version.submitted_by_id is not None and given is None and actor is not None:
        raise WrongState(
            "its request was rejected or has expired; reject the version, then submit it again"
        )
    _approved(version, actor if given is None else given.approver)


def reject(version: Versioned, *, action: str, actor: User | None, comment: str) -> None:
    """Send a version back to its author as a draft, saying why."""
    require_state(version, VersionState.IN_REVIEW, VersionState.APPROVED)
    request = _waiting(version, action)
    if request is not None and actor is not None:
        audit.operations.reject(request_id=request.pk, approver=actor, comment=comment)
    version.state = VersionState.DRAFT
    version.submitted_by = version.submitted_at = None
    version.approved_by = version.approved_at = None
    _save(version, actor)


def publish(
    version: Versioned, *, action: str, payload: Mapping[str, Any], actor: User | None
) -> None:
    """Use the approval up and publish; an approval given in the inbox counts as well.

    Raises: WrongState; CannotApprove; audit's ApprovalMissing and PayloadChanged.
    """
    if version.state == VersionState.IN_REVIEW:
        given = audit.queries.approved_request(action, version)
        if given is not None:
            _approved(version, given.approver)
    require_state(version, VersionState.APPROVED)
    refuse_author(version, actor, "publish")
    if version.submitted_by_id is not None:
        audit.operations.consume_approval(action=action, subject=version, payload=payload)
    version.state = VersionState.PUBLISHED
    version.published_by, version.published_at = actor, Now()
    _save(version, actor)


def retire(version: Versioned, *, actor: User | None) -> None:
    """End the life of a published version for new sales."""
    require_state(version, VersionState.PUBLISHED)
    version.state = VersionState.RETIRED
    _save(version, actor)


def refuse_author(version: Versioned, actor: User | None, verb: str) -> None:
    """Refuse a second step by the person who made the first (four eyes).

    Raises: CannotApprove.
    """
    if actor is not None and actor.pk in (version.created_by_id, version.submitted_by_id):
        raise CannotApprove(f"who drafts or submits a version does not {verb} it")


def _approved(version: Versioned, approver: User | None) -> None:
    version.state = VersionState.APPROVED
    version.approved_by, version.approved_at = approver, Now()
    _save(version, approver)


def _waiting(version: Versioned, action: str) -> Any:
    return (
        audit.queries.waiting_requests()
        .filter(action=action, subject_type=version._meta.label_lower, subject_id=version.pk)
        .last()
    )


def _save(version: Versioned, actor: User | None) -> None:
    version.updated_by = actor
    version.save()
    version.refresh_from_db()
