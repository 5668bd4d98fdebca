"""A clerk at a desk of his own: a process that allocates when told to (F17).

Reads lines `<way> <debit id> <credit id> <amount>` and answers each with one word. `guarded` calls
the operation; `naive` does what ordinary code does: look, reckon, write.
"""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal

import django


def guarded(debit: int, credit: int, amount: Decimal, on_date: date) -> str:
    """Allocate by the operation."""
    from foundation.errors import Refusal
    from receivables import operations

    try:
        operations.allocate(
            debit_item_id=debit,
            credit_item_id=credit,
            amount=amount,
            on_date=on_date,
            actor=None,
        )
    except Refusal:
        return "refused"
    return "done"


def naive(debit: int, credit: int, amount: Decimal, on_date: date) -> str:
    """Look at what is unapplied, then write, without any lock of its own."""
    from django.db import DatabaseError

    try:
        return look_then_write(debit, credit, amount, on_date)
    except DatabaseError:
        return "refused"


def look_then_write(debit: int, credit: int, amount: Decimal, on_date: date) -> str:
    """Reckon from what was seen before anybody else wrote."""
    from django.db import transaction

    from receivables.models import Allocation, AllocationBatch, OpenItem

    with transaction.atomic():
        item = OpenItem.objects.get(pk=credit)
        settled = sum(
            Allocation.objects.filter(credit_item=credit).values_list("amount", flat=True),
            Decimal(0),
        )
        if item.amount - settled < amount:
            return "refused"
        batch = AllocationBatch.objects.create(
            entity_id=item.entity_id,
            payer_id=item.payer_id,
            kind="APPLY",
            strategy="EXPLICIT",
            on_date=on_date,
            currency=item.currency,
            amount=amount,
        )
        Allocation.objects.create(
            batch=batch,
            debit_item_id=debit,
            credit_item_id=credit,
            currency=item.currency,
            amount=amount,
            functional_debit=amount,
            functional_credit=amount,
            realised_fx=Decimal(0),
            on_date=on_date,
        )
    return "done"


def main() -> None:
    """Answer each line until the day ends."""
    django.setup()
    ways = {"guarded": guarded, "naive": naive}
    print("ready", flush=True)
    for line in sys.stdin:
        way, debit, credit, amount = line.split()
        answer = ways[way](int(debit), int(credit), Decimal(amount), date(2027, 3, 1))
        print(answer, flush=True)


if __name__ == "__main__":
    main()
