"""What another bill day of a payer would bill, and when; nothing is kept (PER-7)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models.functions import Now

from customers.models import Account
from foundation.permissions import require
from invoicing.choices import RunKind
from invoicing.models import BillCycle, BillRun, CycleChange
from invoicing.operations.cycle_changes import (
    carry_out_cycle_change,
    change_cycle_at_boundary,
    change_cycle_now,
)
from invoicing.operations.drafting import make_drafts, without_too_large
from invoicing.operations.frame import Frame
from invoicing.operations.next_invoices import (
    CannotPreview,
    NextInvoice,
    bill_date_after,
    calculated,
    cycle_of,
    drafted,
    payer_for,
    rhythm_of,
)
from invoicing.operations.previewing import Preview
from invoicing.operations.writing import Writer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def preview_cycle(
    *,
    account: Account,
    cycle: BillCycle,
    cycle_day: int,
    as_of: date,
    actor: User | None,
    at_boundary: bool = False,
) -> list[Preview]:
    """Return the invoices that another cycle or cycle day changes, without and with it.

    Now, that is the next one. At the boundary, the one that bills the running period and the one
    after it: the first is drafted in a transaction that is rolled back, and days up to the first
    new boundary are a stub of the second.

    Raises: Forbidden; CannotPreview; CannotChangeCycle; what
    `customers.operations.change_account` refuses.
    """
    require(actor, "customers.change_account")
    payer = payer_for(account.pk, as_of)
    if payer.pk != account.pk:
        raise CannotPreview(f"account {account.number} is billed with {payer.number}")
    if not at_boundary:
        before = [calculated(payer, bill_date_after(payer, as_of))]
        with transaction.atomic():
            changed = change_cycle_now(
                account=payer, cycle=cycle, cycle_day=cycle_day, actor=actor
            )
            after = [calculated(changed, bill_date_after(changed, as_of))]
            transaction.set_rollback(True)
        return [Preview(*pair) for pair in zip(before, after, strict=True)]
    boundary = rhythm_of(payer).containing(as_of).end
    with transaction.atomic():
        before = _two_bills(payer, boundary, None)
        transaction.set_rollback(True)
    with transaction.atomic():
        change = change_cycle_at_boundary(
            account=payer, cycle=cycle, cycle_day=cycle_day, as_of=as_of, actor=actor
        )
        after = _two_bills(change.account, boundary, change)
        transaction.set_rollback(True)
    return [Preview(*pair) for pair in zip(before, after, strict=True)]


def _two_bills(payer: Account, boundary: date, change: CycleChange | None) -> list[NextInvoice]:
    """Return the bill of a boundary and the next, before which the change is carried out.

    The first is drafted, so that the second counts it as billed.
    """
    cycle = cycle_of(payer)
    run = BillRun.objects.create(
        kind=RunKind.CATCH_UP, cycle=cycle, bill_date=boundary, cutoff_at=Now()
    )
    frame = Frame(run, cycle)
    with connection.cursor() as cursor:
        made = make_drafts(cursor, frame, [payer.pk])
        drafts, (outcome,) = without_too_large(frame, *made)
        Writer(frame).write(cursor, drafts)
    first = drafted(payer, boundary, drafts, outcome)
    if change is not None:
        payer = carry_out_cycle_change(change=change, run=run)
    return [first, calculated(payer, rhythm_of(payer).containing(boundary).end)]
