"""Give suspended usage up with approval, and take that back (RATE step 9).

What is approved are the rows and what they are worth: where these are others by then, it is
refused. A row written off is never rated; a write-off that is reversed lets its rows wait again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

import audit.operations
from audit.choices import ApprovalState
from audit.operations.events import Happening
from foundation.errors import Invalid, Refusal
from foundation.money import quantize
from foundation.permissions import require
from rating.choices import SuspenseState, WriteOffState
from rating.models import SuspenseItem, SuspenseWriteOff
from rating.operations.storing import storable
from rating.operations.suspending import give_up, locked_open
from rating.operations.valuing import value_suspense


class CannotWriteOff(Refusal):
    """The write-off is not in the state that the step needs."""

    rule = "RATE-9"


DECISION: Final = audit.operations.Decision(
    SuspenseWriteOff, "rating.write_off_usage", CannotWriteOff,
    name="write-off", again="withdraw it and ask again",
)  # fmt: skip


@transaction.atomic
def request_write_off(
    *, item_ids: Collection[int], reason: str, as_of: datetime, requester: User
) -> SuspenseWriteOff:
    """Ask that suspended rows be given up, saying why; they wait for the answer.

    They are valued first. Within the limit up to which the requester needs nobody else they are
    written off at once: where all of them have a value, in one currency.

    Raises: Forbidden, Invalid, CannotRecycle.
    """
    require(requester, "rating.recycle_suspense")
    why = _why(reason)
    locked_open(item_ids)
    value_suspense(as_of=as_of, item_ids=item_ids)
    items = locked_open(item_ids)
    row = SuspenseWriteOff.objects.create(reason=why, row_count=len(items), requested_by=requester)
    SuspenseItem.objects.filter(pk__in=[one.pk for one in items]).update(write_off=row)
    payload = _payload(row, items)
    worth = payload["worth"]
    alone = len(worth) == 1 and not payload["without_value"]
    currency = next(iter(worth)) if alone else ""
    request = audit.operations.request_approval(
        action=DECISION.action,
        subject=row,
        payload=payload,
        requester=requester,
        amount=quantize(abs(worth[currency]), currency) if alone else None,
        currency=currency,
        reason=why,
    )
    if request.state == ApprovalState.APPROVED:
        audit.operations.consume_approval(action=DECISION.action, subject=row, payload=payload)
        _perform(row, items, as_of, decided_by=None, actor=requester)
    return row


@transaction.atomic
def approve_write_off(
    *, write_off: SuspenseWriteOff, approver: User, as_of: datetime, comment: str = ""
) -> SuspenseWriteOff:
    """Approve what somebody else asked, and give the rows up.

    Raises: Forbidden; CannotWriteOff; audit.operations.CannotDecide, PayloadChanged.
    """
    require(approver, DECISION.action)
    row = DECISION.waiting(write_off)
    items = _rows(row, SuspenseState.OPEN)
    used = DECISION.approve(row, _payload(row, items), approver=approver, comment=comment)
    _perform(row, items, as_of, decided_by=used.approver, actor=approver)
    return row


@transaction.atomic
def reject_write_off(
    *, write_off: SuspenseWriteOff, approver: User, comment: str
) -> SuspenseWriteOff:
    """Refuse what somebody else asked, saying why; its rows go on waiting to be corrected.

    Raises: Forbidden; CannotWriteOff; audit.operations.CannotDecide.
    """
    row = DECISION.reject(write_off, approver=approver, comment=comment)
    row.state, row.decided_by = WriteOffState.REJECTED, approver
    row.save()
    return row


@transaction.atomic
def withdraw_write_off(*, write_off: SuspenseWriteOff, actor: User) -> SuspenseWriteOff:
    """Let a request go before it is decided, also one that has expired.

    Raises: Forbidden; CannotWriteOff.
    """
    require(actor, "rating.recycle_suspense")
    row = DECISION.withdraw(write_off, actor=actor)
    row.state = WriteOffState.WITHDRAWN
    row.save()
    audit.operations.record_event(
        topic="usage.write_off_withdrawn", subject=row, payload={}, actor=actor
    )
    return row


@transaction.atomic
def reverse_write_off(
    *, write_off: SuspenseWriteOff, reason: str, as_of: datetime, actor: User
) -> SuspenseWriteOff:
    """Let the rows of a write-off wait again, saying why; they bill nothing until recycled.

    Raises: Forbidden; Invalid; CannotWriteOff.
    """
    require(actor, DECISION.action)
    why = _why(reason)
    row = DECISION.locked(write_off)
    if row.state != WriteOffState.DONE:
        raise CannotWriteOff("only a write-off that was carried out is reversed")
    items = _rows(row, SuspenseState.WRITTEN_OFF)
    row.state, row.reversed_by, row.reversed_at = WriteOffState.REVERSED, actor, as_of
    row.reversal_reason = why
    row.save()
    SuspenseItem.objects.filter(pk__in=[one.pk for one in items]).update(
        state=SuspenseState.OPEN, resolution="", resolved_at=None, resolved_by=None
    )
    _tell("usage.write_off_reversed", items, {"why": why, "write_off": row.pk}, actor)
    return row


def _perform(
    row: SuspenseWriteOff,
    items: Sequence[SuspenseItem],
    as_of: datetime,
    *,
    decided_by: User | None,
    actor: User,
) -> None:
    row.state, row.done_at, row.decided_by = WriteOffState.DONE, as_of, decided_by
    row.save()
    give_up(items, row.reason, as_of, actor)


def _tell(topic: str, items: Sequence[SuspenseItem], payload: dict[str, Any], actor: User) -> None:
    audit.operations.record_events(
        [Happening(topic, one._meta.label_lower, one.pk, payload, actor.pk) for one in items]
    )


def _payload(row: SuspenseWriteOff, items: Sequence[SuspenseItem]) -> dict[str, Any]:
    """Return what the approval is bound to: each row with its worth, and the sums by currency."""
    worth: dict[str, Decimal] = defaultdict(Decimal)
    digest = hashlib.sha256()
    for one in sorted(items, key=lambda item: item.pk):
        digest.update(f"{one.pk} {one.worth} {one.currency}\n".encode())
        if one.worth is not None:
            worth[one.currency] += one.worth
    return {
        "write_off": row.pk,
        "rows": len(items),
        "row_digest": digest.hexdigest(),
        "worth": dict(sorted(worth.items())),
        "without_value": sum(one.worth is None for one in items),
    }


def _why(reason: str) -> str:
    why = storable(" ".join(reason.split()))[:300]
    if len(why) < 5:
        raise Invalid("say in a few words why the rows are written off", rule="REASON")
    return why


def _rows(row: SuspenseWriteOff, state: SuspenseState) -> list[SuspenseItem]:
    found = SuspenseItem.objects.select_for_update().filter(write_off=row, state=state)
    return list(found.order_by("pk"))
