"""Write a batch of allocations and its journal entry J12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import audit.operations
import ledger.operations
import ledger.queries
from ledger.choices import Side
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


def write_batch(
    *,
    like: OpenItem,
    kind: AllocationKind,
    strategy: Strategy,
    on_date: date,
    legs: Sequence[Leg],
    actor: User | None,
    reason: str = "",
) -> AllocationBatch:
    """Write the allocations of one payer and post J12 for their sum.

    The items are locked by the caller; a trigger moves what is open on them.
    """
    batch = AllocationBatch.objects.create(
        entity_id=like.entity_id,
        payer_id=like.payer_id,
        kind=kind,
        strategy=strategy,
        on_date=on_date,
        currency=like.currency,
        amount=sum((leg.amount for leg in legs), ZERO),
        reason=reason,
        recorded_by=actor,
    )
    Allocation.objects.bulk_create(
        Allocation(
            batch=batch,
            debit_item_id=leg.debit_item_id,
            credit_item_id=leg.credit_item_id,
            currency=like.currency,
            amount=leg.amount,
            functional_debit=leg.functional_debit,
            functional_credit=leg.functional_credit,
            realised_fx=leg.functional_credit - leg.functional_debit,
            on_date=on_date,
            reverses_id=leg.reverses_id,
        )
        for leg in legs
    )
    _post(batch, legs, like.fx_rate, actor)
    audit.operations.record_event(
        topic="allocation.applied" if kind == AllocationKind.APPLY else "allocation.reversed",
        subject=batch,
        payload={
            "payer_id": batch.payer_id,
            "amount": str(batch.amount),
            "currency": batch.currency,
            "on_date": on_date.isoformat(),
        },
        actor=actor,
    )
    return batch


def _post(
    batch: AllocationBatch, legs: Sequence[Leg], fx_rate: Decimal, actor: User | None
) -> None:
    """Post J12: unapplied credits become settled receivables, at the worth of either side.

    A credit given back is posted by the document that gives it back (J17), not here.
    """
    if batch.strategy == Strategy.RETURN:
        return
    functional_debit = sum((leg.functional_debit for leg in legs), ZERO)
    functional_credit = sum((leg.functional_credit for leg in legs), ZERO)
    lines = [
        EntryLine(
            account=_account(batch, Side.DEBIT),
            debit=abs(batch.amount),
            functional_debit=abs(functional_credit),
            payer_id=batch.payer_id,
        ),
        EntryLine(
            account=_account(batch, Side.CREDIT),
            credit=abs(batch.amount),
            functional_credit=abs(functional_debit),
            payer_id=batch.payer_id,
        ),
    ]
    gain = abs(functional_credit) - abs(functional_debit)
    if gain:
        lines.append(
            EntryLine(
                account=FX_GAIN_OR_LOSS,
                functional_credit=max(gain, ZERO),
                functional_debit=max(-gain, ZERO),
            )
        )
    if batch.kind == AllocationKind.REVERSE:
        lines = [mirrored(line) for line in lines]
    ledger.operations.post_entry(
        entity=batch.entity,
        source_type=BATCH,
        source_id=batch.pk,
        event="J12",
        accounting_date=batch.on_date,
        currency=batch.currency,
        fx_rate=fx_rate,
        lines=lines,
        description=f"{batch.get_kind_display()}: {len(legs)} allocations",
        actor=actor,
    )


def _account(batch: AllocationBatch, side: Side) -> str:
    return ledger.queries.posting_account(batch.entity_id, "J12", side, "", batch.on_date)
