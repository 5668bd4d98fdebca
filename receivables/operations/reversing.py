"""Take settlements back by mirrors, dated the day of the event, and give credits back (AR-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction

from foundation import permissions
from foundation.errors import Refusal
from receivables.choices import AllocationKind, Side, Strategy
from receivables.models import Allocation, AllocationBatch, OpenItem
from receivables.operations.allocating import (
    ALLOCATE,
    lock_items,
    lock_payer,
    lock_payer_of,
)
from receivables.operations.batches import Leg, Plan, write_batches
from receivables.operations.opening import open_debit

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotReverseAllocation(Refusal):
    """The allocation is gone already, or the day lies before it."""

    rule = "AR-4"


def reverse_allocations(
    *,
    allocation_ids: Iterable[int],
    on_date: date,
    reason: str,
    actor: User | None,
    permission: str = ALLOCATE,
) -> list[AllocationBatch]:
    """Mirror allocations exactly; what they settled is open again, due when it always was (AR-4).

    One batch for each payer, entity and currency. Locks: the payers, then the items in order of
    id. Raises: CannotReverseAllocation.
    """
    permissions.require(actor, permission)
    ids = sorted(set(allocation_ids))
    with transaction.atomic():
        chosen = list(Allocation.objects.filter(pk__in=ids).select_related("batch").order_by("pk"))
        _lock_payers(chosen)
        if len(chosen) != len(ids):
            raise CannotReverseAllocation("One of the allocations does not exist.")
        touched = {
            item_id for row in chosen for item_id in (row.debit_item_id, row.credit_item_id)
        }
        items = {item.pk: item for item in lock_items(touched)}
        _require_standing(chosen, ids, on_date)
        plans = [
            _mirror(items[rows[0].debit_item_id], rows, on_date, reason)
            for rows in _by_payer(chosen, items)
        ]
        return write_batches(plans, actor=actor)


def reverse_allocations_of_credit(
    *,
    credit_item_id: int,
    on_date: date,
    reason: str,
    actor: User | None,
    permission: str = ALLOCATE,
) -> list[AllocationBatch]:
    """Mirror every standing allocation of a credit: a returned payment (AR-4).

    A second call finds nothing standing and returns an empty list.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        lock_payer_of(credit_item_id)
        standing = Allocation.objects.standing().filter(credit_item_id=credit_item_id)
        ids = list(standing.values_list("pk", flat=True))
        return reverse_allocations(
            allocation_ids=ids,
            on_date=on_date,
            reason=reason,
            actor=actor,
            permission=permission,
        )


def return_credit(
    *,
    credit_item_id: int,
    source_type: str,
    source_id: int,
    number: str,
    on_date: date,
    actor: User | None,
    permission: str = ALLOCATE,
) -> AllocationBatch:
    """Give all that is unapplied of a credit back: a returned payment, later a refund (J17, AR-4).

    Opens a debit item for the returning document, at the credit's rate, and settles both at
    once. The document posts its own entry against unapplied credits; no J12 is posted.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        lock_payer_of(credit_item_id)
        credit = lock_items([credit_item_id])[0]
        if credit.side != Side.CREDIT or credit.is_settled:
            raise CannotReverseAllocation("Nothing of this credit is left to give back.")
        if on_date < credit.doc_date:
            raise CannotReverseAllocation("A credit is not given back before its own date.")
        debit = open_debit(
            payer_id=credit.payer_id,
            entity_id=credit.entity_id,
            source_type=source_type,
            source_id=source_id,
            number=number,
            doc_date=on_date,
            due_date=on_date,
            amount=credit.open,
            currency=credit.currency,
            fx_rate=credit.fx_rate,
            functional_amount=credit.functional_open,
        )
        leg = Leg(
            debit_item_id=debit.pk,
            credit_item_id=credit.pk,
            amount=credit.open,
            functional_debit=credit.functional_open,
            functional_credit=credit.functional_open,
        )
        plan = Plan(credit, AllocationKind.APPLY, Strategy.RETURN, on_date, [leg])
        return write_batches([plan], actor=actor)[0]


def _lock_payers(chosen: list[Allocation]) -> None:
    credits_ = OpenItem.objects.filter(pk__in={row.credit_item_id for row in chosen})
    for payer_id in sorted(set(credits_.values_list("payer_id", flat=True))):
        lock_payer(payer_id)


def _require_standing(chosen: list[Allocation], ids: list[int], on_date: date) -> None:
    if any(row.reverses_id is not None for row in chosen):
        raise CannotReverseAllocation("A reversal is not reversed: allocate anew instead.")
    if Allocation.objects.filter(reverses_id__in=ids).exists():
        raise CannotReverseAllocation("This allocation has been reversed already.")
    if any(row.batch.strategy == Strategy.RETURN for row in chosen):
        raise CannotReverseAllocation("A credit that was given back is not taken again.")
    if any(row.on_date > on_date for row in chosen):
        raise CannotReverseAllocation("A reversal is not dated before its allocation.")


def _by_payer(chosen: list[Allocation], items: dict[int, OpenItem]) -> list[list[Allocation]]:
    def owner(row: Allocation) -> tuple[int, int, str]:
        item = items[row.debit_item_id]
        return item.payer_id, item.entity_id, item.currency

    return [list(rows) for _, rows in groupby(sorted(chosen, key=owner), key=owner)]


def _mirror(like: OpenItem, rows: list[Allocation], on_date: date, reason: str) -> Plan:
    legs = [
        Leg(
            debit_item_id=row.debit_item_id,
            credit_item_id=row.credit_item_id,
            amount=-row.amount,
            functional_debit=-row.functional_debit,
            functional_credit=-row.functional_credit,
            reverses_id=row.pk,
        )
        for row in rows
    ]
    return Plan(like, AllocationKind.REVERSE, Strategy.MIRROR, on_date, legs, reason)
