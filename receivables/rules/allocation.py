"""Choose what a credit settles (AR-2, AR-3) and what the settled part is worth (AR-8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from foundation.money import quantize

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Item:
    """An open item as the rules see it; amounts in one currency, functional ones in another."""

    id: int
    number: str
    doc_date: date
    due_date: date
    open: Decimal
    disputed: Decimal
    functional_open: Decimal

    @property
    def free(self) -> Decimal:
        """What may be settled without an explicit remittance (AR-3)."""
        return max(self.open - self.disputed, ZERO)


@dataclass(frozen=True, slots=True)
class Portion:
    """One allocation to be written: so much of this credit settles this debit."""

    debit_id: int
    credit_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Advice:
    """One remittance line: the document the payer names, and how much of it (None: all)."""

    number: str
    amount: Decimal | None = None


def oldest_due(items: Iterable[Item]) -> list[Item]:
    """Put debits in the order in which money reaches them (AR-2): due date, date, number."""
    return sorted(items, key=lambda item: (item.due_date, item.doc_date, item.number, item.id))


def spread_oldest_due(debits: Iterable[Item], credits_: Iterable[Item]) -> list[Portion]:
    """Settle the oldest debits with the oldest credits, leaving disputed parts alone (AR-2, AR-3).

    What the debits cannot take stays unapplied.
    """
    waiting = [(item.id, item.free) for item in oldest_due(debits) if item.free > 0]
    portions: list[Portion] = []
    for credit in sorted(credits_, key=lambda item: (item.doc_date, item.number, item.id)):
        left = credit.open
        while waiting and left > 0:
            debit_id, free = waiting[0]
            amount = min(free, left)
            portions.append(Portion(debit_id, credit.id, amount))
            left -= amount
            if amount == free:
                waiting.pop(0)
            else:
                waiting[0] = (debit_id, free - amount)
    return portions


def spread_remittance(
    debits: Iterable[Item], credit: Item, advice: Sequence[Advice]
) -> tuple[list[Portion], list[Advice]]:
    """Settle the documents that the payer named, in their order, disputed parts too (AR-2, AR-3).

    Each line takes at most what is open on its document and what is left of the credit; the
    second list holds the lines that named no open document.
    """
    by_number = {item.number: item for item in debits}
    still_open = {item.id: item.open for item in by_number.values()}
    left = credit.open
    taken: dict[int, Decimal] = {}
    unknown: list[Advice] = []
    for line in advice:
        item = by_number.get(line.number)
        if item is None:
            unknown.append(line)
            continue
        wanted = still_open[item.id] if line.amount is None else line.amount
        amount = min(wanted, still_open[item.id], left)
        if amount > 0:
            taken[item.id] = taken.get(item.id, ZERO) + amount
            still_open[item.id] -= amount
            left -= amount
    return [Portion(key, credit.id, amount) for key, amount in taken.items()], unknown


def functional_part(
    amount: Decimal, *, open_amount: Decimal, functional_open: Decimal, currency: str
) -> Decimal:
    """Return what a part of an item is worth in the entity's own currency (AR-8).

    The last part takes whatever is left, so that item and functional amount reach zero together.
    """
    if amount == open_amount:
        return functional_open
    return quantize(functional_open * amount / open_amount, currency)
