"""Asked by one, decided by another: how the rooms wait for a second person, in one way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model

import audit.queries
from audit.models import ApprovalRequest
from audit.operations.approvals import (
    PayloadChanged,
    approve_and_use,
    consume_approval,
    reject,
    withdraw,
)
from foundation.errors import Refusal
from foundation.permissions import require

Asked = TypeVar("Asked", bound=Model)


@dataclass(frozen=True, slots=True)
class Decision(Generic[Asked]):
    """How rows that one person asks for are approved or rejected by another.

    Their `state` is PENDING while they wait. `action` is what is approved, and the right to decide
    it. `refusal` is raised where a row does not wait, or its request has expired; `name` calls a
    row so, `again` says what to do then. What a decision does is the room's.
    """

    model: type[Asked]
    action: str
    refusal: type[Refusal]
    name: str
    again: str

    def locked(self, row: Asked) -> Asked:
        """Return the row, locked."""
        return self.model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)

    def waiting(self, row: Asked) -> Asked:
        """Return the row, locked, if it waits for a decision."""
        found = self.locked(row)
        if found.state != "PENDING":  # type: ignore[attr-defined]  # what is asked for has a state
            raise self.refusal(f"the {self.name} does not wait for approval")
        return found

    def approve(
        self, row: Asked, payload: Mapping[str, Any], *, approver: User | None, comment: str
    ) -> ApprovalRequest:
        """Approve what was asked and use it; a program, nobody, uses what a person approved.

        Raises: CannotDecide; PayloadChanged, ApprovalMissing; `refusal`.
        """
        request = self._request_of(row)
        if approver is None:
            return consume_approval(action=self.action, subject=row, payload=payload)
        try:
            return approve_and_use(
                request=request, subject=row, payload=payload, approver=approver, comment=comment
            )
        except PayloadChanged as changed:
            raise PayloadChanged(
                f"the {self.name} is not what was asked for any more; reject it, then ask anew"
            ) from changed

    def reject(self, row: Asked, *, approver: User, comment: str) -> Asked:
        """Reject what was asked, saying why; return the row, locked.

        Raises: Forbidden; CannotDecide; `refusal`.
        """
        require(approver, self.action)
        found = self.waiting(row)
        reject(request_id=self._request_of(found).pk, approver=approver, comment=comment)
        return found

    def withdraw(self, row: Asked, *, actor: User | None) -> Asked:
        """Let what was asked go before it is decided, also when it has expired or was rejected.

        The room asks for the right. Return the row, locked.

        Raises: `refusal`.
        """
        found = self.waiting(row)
        self.end_request(found, actor=actor)
        return found

    def end_request(self, row: Asked, *, actor: User | None) -> None:
        """End what was asked of a row that the caller holds locked; it may stand no more."""
        request = audit.queries.standing_request(self.action, row)
        if request is not None:
            withdraw(request_id=request.pk, actor=actor)

    def _request_of(self, row: Asked) -> ApprovalRequest:
        found = audit.queries.standing_request(self.action, row)
        if found is None:
            raise self.refusal(f"the approval request has expired or was rejected; {self.again}")
        return found
