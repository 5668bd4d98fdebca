"""Write a batch of allocations and its journal entry J12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import audit.operations
import ledger.operations
import ledger.queries
from audit.operations import Happening
from ledger.choices import Side
from ledger.models import LegalEntity
from ledger.operations import NewEntry
from ledger.rules.entries import EntryLine, mirrored
from receivables.choices import AllocationKind, Strategy
from receivables.models import Allocation, AllocationBatch, OpenItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ZERO = Decimal(0)
FX_GAIN_OR_LOSS = "7100"
BATCH = "receivables.allocationbatch"


@dataclass(frozen=True, slots=True)
class Leg:
    """One allocation to be written; negative when it mirrors another (AR-4)."""

    debit_item_id: int
    credit_item_id: int
    amount: Decimal
    functional_debit: Decimal
    functional_credit: Decimal
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch to be written; `like` is any of its items, whose payer and currency it has."""

    like: OpenItem
    kind: AllocationKind
    strategy: Strategy
    on_date: date
    legs: Sequence[Leg]
    reason: str = ""


def write_batches(plans: Sequence[Plan], *, actor: User | None) -> list[AllocationBatch]:
    """Write the allocations of each plan and post J12 for their sums, in a fixed number of acts.

    The items are locked by the caller; a trigger moves what is open on them.
    """
    batches = AllocationBatch.objects.bulk_create([_batch(plan, actor) for plan in plans])
    Allocation.objects.bulk_create(
        [
            _allocation(batch, leg)
            for batch, plan in zip(batches, plans, strict=True)
            for leg in plan.legs
        ],
        batch_size=5000,
    )
    _post(batches, plans, actor)
    audit.operations.record_events([_event(batch, actor) for batch in batches])
    return batches


def _batch(plan: Plan, actor: User | None) -> AllocationBatch:
    return AllocationBatch(
        entity_id=plan.like.entity_id,
        payer_id=plan.like.payer_id,
        kind=plan.kind,
        strategy=plan.strategy,
        on_date=plan.on_date,
        currency=plan.like.currency,
        amount=sum((leg.amount for leg in plan.legs), ZERO),
        reason=plan.reason,
        recorded_by=actor,
    )


def _allocation(batch: AllocationBatch, leg: Leg) -> Allocation:
    return Allocation(
        batch=batch,
        debit_item_id=leg.debit_item_id,
        credit_item_id=leg.credit_item_id,
        currency=batch.currency,
        amount=leg.amount,
        functional_debit=leg.functional_debit,
        functional_credit=leg.functional_credit,
        realised_fx=leg.functional_credit - leg.functional_debit,
        on_date=batch.on_date,
        reverses_id=leg.reverses_id,
    )


def _event(batch: AllocationBatch, actor: User | None) -> Happening:
    is_applied = batch.kind == AllocationKind.APPLY
    return Happening(
        topic="allocation.applied" if is_applied else "allocation.reversed",
        subject_type=BATCH,
        subject_id=batch.pk,
        payload={
            "payer_id": batch.payer_id,
            "amount": str(batch.amount),
            "currency": batch.currency,
            "on_date": batch.on_date.isoformat(),
        },
        actor_id=actor.pk if actor is not None else None,
    )


def _post(batches: Sequence[AllocationBatch], plans: Sequence[Plan], actor: User | None) -> None:
    """Post J12 of each batch: unapplied credits become settled receivables.

    A credit given back is posted by the document that gives it back (J17), not here.
    """
    accounts = cache(ledger.queries.posting_account)
    entities = cache(LegalEntity.objects.get)
    entries = []
    for batch, plan in zip(batches, plans, strict=True):
        if batch.strategy == Strategy.RETURN:
            continue
        pair = (
            accounts(batch.entity_id, "J12", Side.DEBIT, "", batch.on_date),
            accounts(batch.entity_id, "J12", Side.CREDIT, "", batch.on_date),
        )
        entries.append(
            NewEntry(
                entity=entities(pk=batch.entity_id),
                source_type=BATCH,
                source_id=batch.pk,
                event="J12",
                accounting_date=batch.on_date,
                currency=batch.currency,
                fx_rate=plan.like.fx_rate,
                lines=_lines(batch, plan.legs, *pair),
            )
        )
    if len(entries) == 1:
        _post_one(entries[0], actor)
    else:
        ledger.operations.post_entries(entries, actor=actor)


def _post_one(entry: NewEntry, actor: User | None) -> None:
    """Post a single entry with the ledger's early answers and its leave for finance people."""
    ledger.operations.post_entry(
        entity=entry.entity,
        source_type=entry.source_type,
        source_id=entry.source_id,
        event=entry.event,
        accounting_date=entry.accounting_date,
        currency=entry.currency,
        lines=entry.lines,
        fx_rate=entry.fx_rate,
        actor=actor,
    )


def _lines(
    batch: AllocationBatch, legs: Sequence[Leg], debit_account: str, credit_account: str
) -> list[EntryLine]:
    """Return the entry of a batch, at the worth of either side; the difference is realised FX."""
    functional_debit = abs(sum((leg.functional_debit for leg in legs), ZERO))
    functional_credit = abs(sum((leg.functional_credit for leg in legs), ZERO))
    lines = [
        EntryLine(
            account=debit_account,
            debit=abs(batch.amount),
            functional_debit=functional_credit,
            payer_id=batch.payer_id,
        ),
        EntryLine(
            account=credit_account,
            credit=abs(batch.amount),
            functional_credit=functional_debit,
            payer_id=batch.payer_id,
        ),
    ]
    gain = functional_credit - functional_debit
    if gain:
        lines.append(
            EntryLine(
                account=FX_GAIN_OR_LOSS,
                functional_credit=max(gain, ZERO),
                functional_debit=max(-gain, ZERO),
            )
        )
    if batch.kind == AllocationKind.REVERSE:
        return [mirrored(line) for line in lines]
    return lines
