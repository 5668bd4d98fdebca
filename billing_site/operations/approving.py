"""Approve from the inbox, and do at once what needs nothing but the approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

import audit.operations
from audit.models import ApprovalRequest
from billing_site.operations.access import GRANT, ConflictingRoles, assign_roles


def _grant(request: ApprovalRequest, approver: User) -> None:
    person = User.objects.get(pk=request.subject_id)
    if person.pk == approver.pk:
        raise ConflictingRoles("nobody approves a role of their own")
    assign_roles(user=person, names=request.payload["wanted"], actor=request.requester)


def _set_limit(request: ApprovalRequest, approver: User) -> None:
    audit.operations.set_limit(request=request)


def _open_key(request: ApprovalRequest, approver: User) -> None:
    audit.operations.open_api_key(request=request)


AT_ONCE: Final[dict[str, Callable[[ApprovalRequest, User], None]]] = {
    GRANT: _grant,
    audit.operations.LIMIT: _set_limit,
    audit.operations.ISSUE: _open_key,
}
"""What happens with the approval itself; any other act is done from the page of its thing."""


@transaction.atomic
def approve(*, request_id: int, approver: User, comment: str = "") -> ApprovalRequest:
    """Approve somebody else's request; a role, a limit or a key is in force with it.

    Raises: Forbidden; audit.operations.CannotDecide, PayloadChanged; ConflictingRoles.
    """
    request = audit.operations.approve(request_id=request_id, approver=approver, comment=comment)
    act = AT_ONCE.get(request.action)
    if act is not None:
        act(request, approver)
        request.refresh_from_db()
    return request
