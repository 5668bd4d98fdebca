"""Change the bill day of a payer when its running period has been billed (PER-7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction

import audit.operations
import customers.operations
import customers.queries
import invoicing.queries
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from foundation.scope import require_sight
from invoicing.choices import CycleChangeState, RunKind
from invoicing.models import BillCycle, BillRun, CycleChange

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotChangeCycle(Refusal):
    """The bill day cannot be changed so."""

    rule = "PER-7"


def change_cycle_now(
    *, account: Account, cycle: BillCycle, cycle_day: int, actor: User | None
) -> Account:
    """Let a payer be billed by a cycle and on a day from now on (PER-7).

    What is not billed yet of the running period is cut at the first new boundary.

    Raises: CannotChangeCycle; what `customers.operations.change_account` refuses.
    """
    if invoicing.queries.pending_cycle_change(account_id=account.pk) is not None:
        raise CannotChangeCycle("another change waits already; withdraw it first")
    return _billed_by(account, cycle, cycle_day, actor)


def change_cycle_at_boundary(
    *, account: Account, cycle: BillCycle, cycle_day: int, as_of: date, actor: User | None
) -> CycleChange:
    """Let a payer be billed by another cycle or on another day from its next boundary on.

    The period that runs on `as_of`, a local date, is billed as it is, and no other of the old
    days; the run that bills it carries the change out, and what lies before the first new boundary
    is a stub. The same again changes nothing.

    Raises: Forbidden; Invalid; CannotChangeCycle.
    """
    require(actor, "customers.change_account")
    require_sight(actor, account)
    if not 1 <= cycle_day <= 31:
        raise Invalid("a bill day is 1 to 31", rule="PER-7", column="cycle_day")
    if not cycle.is_active:
        raise CannotChangeCycle(f"cycle {cycle.code} is not active")
    with transaction.atomic():
        payer = Account.objects.select_for_update().get(pk=account.pk)
        if customers.queries.payer_of(account_id=payer.pk, on_date=as_of) != payer.pk:
            raise CannotChangeCycle(f"account {payer.number} does not pay for itself")
        own = BillCycle.objects.filter(code=payer.cycle_code).first()
        if own is None:
            raise CannotChangeCycle(f"payer {payer.number} has no bill cycle")
        if (own.pk, payer.cycle_day) == (cycle.pk, cycle_day):
            raise CannotChangeCycle(f"payer {payer.number} is billed so already")
        pending = invoicing.queries.pending_cycle_change(account_id=payer.pk)
        if pending is not None:
            if (pending.cycle_id, pending.day) == (cycle.pk, cycle_day):
                return pending
            raise CannotChangeCycle("another change waits already; withdraw it first")
        rhythm = own.rhythm_for(day=payer.cycle_day, months=payer.cycle_months)
        row = CycleChange.objects.create(
            account=payer,
            cycle=cycle,
            day=cycle_day,
            boundary=rhythm.containing(as_of).end,
            created_by=actor,
            updated_by=actor,
        )
        _touch(payer, actor)
        _tell("cycle_change.ordered", row, actor)
    return row


def withdraw_cycle_change(*, change: CycleChange, actor: User | None) -> CycleChange:
    """Let a payer stay as it is billed; a second call changes nothing.

    Raises: Forbidden; CannotChangeCycle.
    """
    require(actor, "customers.change_account")
    require_sight(actor, change)
    with transaction.atomic():
        row = CycleChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
        if row.state == CycleChangeState.WITHDRAWN:
            return row
        if row.state == CycleChangeState.DONE:
            raise CannotChangeCycle("it was carried out already")
        row.state = CycleChangeState.WITHDRAWN
        row.updated_by = actor
        row.save()
        _touch(Account.objects.select_for_update().get(pk=row.account_id), actor)
        _tell("cycle_change.withdrawn", row, actor)
    return row


def carry_out_cycle_changes(*, run: BillRun, unbilled: Iterable[int]) -> int:
    """Carry out what waited for a run that closes; return how many payers are billed otherwise.

    Those whom the run has left `unbilled`, and those kept from it by a hold, go on waiting; an
    interim run bills no period to its end.
    """
    if run.kind == RunKind.INTERIM:
        return 0
    waiting = (
        invoicing.queries.changes_due(cycle=run.cycle, by=run.bill_date)
        .exclude(account__in=list(unbilled))
        .exclude(account__billing_hold_until__gt=run.bill_date)
        .select_related("account", "cycle")
        .select_for_update(of=("self", "account"))
        .order_by("account_id")
    )
    return len([carry_out_cycle_change(change=row, run=run) for row in waiting])


def carry_out_cycle_change(*, change: CycleChange, run: BillRun) -> Account:
    """Let a payer be billed as was ordered, because the run has billed it up to the boundary."""
    account = _billed_by(change.account, change.cycle, change.day, None)
    change.state, change.run = CycleChangeState.DONE, run
    change.save()
    _tell("cycle_change.done", change, None)
    return account


def _billed_by(account: Account, cycle: BillCycle, day: int, actor: User | None) -> Account:
    changes = {"cycle_code": cycle.code, "cycle_day": day, "cycle_months": cycle.months}
    return customers.operations.change_account(
        account=account, changes=changes, version=account.version, actor=actor
    )


def _touch(payer: Account, actor: User | None) -> None:
    """Let the history of the payer say that it may be billed otherwise (docs/decisions/0017)."""
    payer.updated_by = actor
    payer.save(update_fields=["updated_by"])


def _tell(topic: str, row: CycleChange, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=row,
        payload={
            "account": row.account.number,
            "cycle": row.cycle.code,
            "day": row.day,
            "boundary": row.boundary.isoformat(),
        },
        actor=actor,
    )
