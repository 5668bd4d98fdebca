"""Settle debits with credits, under locks taken in one order (AR-2, AR-3, F17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from foundation import locks, permissions
from foundation.errors import Refusal
from foundation.money import quantize
from foundation.scope import require_sight
from receivables.choices import AllocationKind, Side, Strategy
from receivables.models import AllocationBatch, OpenItem
from receivables.operations.batches import Leg, Plan, write_batches
from receivables.operations.opening import functional_currency
from receivables.rules import allocation as rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ALLOCATE = "receivables.allocate"


class CannotAllocate(Refusal):
    """The credit cannot settle the debit in this way."""

    rule = "AR-1"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an allocation would settle: the item, the amount, and what would stay open."""

    item: OpenItem
    amount: Decimal

    @property
    def open_after(self) -> Decimal:
        """What the item would still have open."""
        return self.item.open - self.amount


def allocate(
    *,
    debit_item_id: int,
    credit_item_id: int,
    amount: Decimal,
    on_date: date,
    actor: User | None,
    permission: str = ALLOCATE,
) -> AllocationBatch:
    """Settle one named debit with one credit; naming it reaches a disputed part too (AR-3).

    A floor above that allocates within an act of its own names that act's permission.
    Locks: the payer, then both items in order of id. Raises: CannotAllocate.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        lock_payer_of(debit_item_id)
        items = {item.pk: item for item in lock_items([debit_item_id, credit_item_id])}
        debit, credit = items.get(debit_item_id), items.get(credit_item_id)
        if debit is None or credit is None:
            raise CannotAllocate("One of the two open items does not exist.")
            raise CannotAllocate("One of the two open items does not exist.")
        require_sight(actor, debit, credit)
        _require_pair(debit, credit, amount, on_date)
        portions = [rules.Portion(debit.pk, credit.pk, amount)]
        return _apply([debit, credit], portions, on_date, Strategy.EXPLICIT, actor)[0]


def allocate_oldest(
    *,
    payer_id: int,
    currency: str,
    on_date: date,
    actor: User | None,
    credit_item_id: int | None = None,
    permission: str = ALLOCATE,
) -> list[AllocationBatch]:
    """Settle a payer's oldest debits with the unapplied credits, or with one of them (AR-2).

    An allocation is dated `on_date`, or the day of the younger document if that is later. Empty
    when there is nothing to settle; a second call therefore does nothing.
    Locks: the payer, then the unsettled items in this currency in order of id.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        items = _lock_unsettled(payer_id, currency)
        batches = []
        for entity_id in sorted({item.entity_id for item in items}):
            own = [item for item in items if item.entity_id == entity_id]
            portions = _plan_oldest(own, credit_item_id)
            batches += _apply(own, portions, on_date, Strategy.OLDEST_DUE, actor)
        return batches


def allocate_remittance(
    *,
    credit_item_id: int,
    advice: Sequence[rules.Advice],
    on_date: date,
    actor: User | None,
    permission: str = ALLOCATE,
) -> tuple[list[AllocationBatch], list[rules.Advice]]:
    """Settle the documents that the payer named (AR-2 REMITTANCE); the rest stays unapplied.

    The second list holds the advice lines that named nothing open. Dates and locks as for
    allocate_oldest.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        credit = OpenItem.objects.get(pk=credit_item_id)
        items = _lock_unsettled(credit.payer_id, credit.currency)
        credit = _locked_credit(items, credit_item_id)
        debits = _debits_of(items, credit.entity_id)
        portions, unknown = rules.spread_remittance(
            [as_rule(item) for item in debits], as_rule(credit), advice
        )
        return _apply(items, portions, on_date, Strategy.REMITTANCE, actor), unknown


def preview_oldest(
    *, payer_id: int, entity_id: int, currency: str, amount: Decimal, on_date: date
) -> list[Settlement]:
    """Tell what a new credit of this amount would settle, without writing (AR-2)."""
    debits = _unsettled(payer_id, currency, entity_id)
    portions = rules.spread_oldest_due(map(as_rule, debits), [_imagined(amount, on_date)])
    return _settlements(debits, portions)


def preview_remittance(
    *,
    payer_id: int,
    entity_id: int,
    currency: str,
    amount: Decimal,
    on_date: date,
    advice: Sequence[rules.Advice],
) -> tuple[list[Settlement], list[rules.Advice]]:
    """Tell what a new credit would settle by the payer's advice, and what it names in vain."""
    debits = _unsettled(payer_id, currency, entity_id)
    portions, unknown = rules.spread_remittance(
        map(as_rule, debits), _imagined(amount, on_date), advice
    )
    return _settlements(debits, portions), unknown


def lock_payer(payer_id: int) -> None:
    """Take the payer's turn at allocating, before any of the payer's items (F21).

    The turn keeps two acts on one payer from meeting half-way; the row locks and the database's
    own guard hold even against somebody who does not take it.
    """
    locks.advisory_lock("receivables.payer", payer_id)


def lock_payer_of(item_id: int) -> None:
    """Take the turn of the payer whom an item belongs to."""
    for payer_id in OpenItem.objects.filter(pk=item_id).values_list("payer_id", flat=True):
        lock_payer(payer_id)


def lock_items(item_ids: Iterable[int]) -> list[OpenItem]:
    """Lock open items in order of id: the one order in which this room takes row locks (F21)."""
    return list(OpenItem.objects.select_for_update().filter(pk__in=set(item_ids)).order_by("pk"))


def as_rule(item: OpenItem) -> rules.Item:
    """Hand an item to the rules."""
    return rules.Item(
        id=item.pk,
        number=item.number,
        doc_date=item.doc_date,
        due_date=item.due_date,
        open=item.open,
        disputed=item.disputed,
        functional_open=item.functional_open,
    )


def _lock_unsettled(payer_id: int, currency: str) -> list[OpenItem]:
    lock_payer(payer_id)
    unsettled = OpenItem.objects.unsettled().filter(payer_id=payer_id, currency=currency)
    return list(unsettled.select_for_update().order_by("pk"))


def _locked_credit(items: list[OpenItem], credit_item_id: int) -> OpenItem:
    for item in items:
        if item.pk == credit_item_id and item.side == Side.CREDIT:
            return item
    raise CannotAllocate("Nothing of this credit is unapplied.")


def _debits_of(items: list[OpenItem], entity_id: int) -> list[OpenItem]:
    return [item for item in items if item.side == Side.DEBIT and item.entity_id == entity_id]


def _unsettled(payer_id: int, currency: str, entity_id: int) -> list[OpenItem]:
    unsettled = OpenItem.objects.debits().unsettled()
    return list(unsettled.filter(payer_id=payer_id, currency=currency, entity_id=entity_id))


def _imagined(amount: Decimal, on_date: date) -> rules.Item:
    return rules.Item(0, "", on_date, on_date, amount, rules.ZERO, amount)


def _settlements(debits: list[OpenItem], portions: list[rules.Portion]) -> list[Settlement]:
    by_id = {item.pk: item for item in debits}
    return [Settlement(by_id[part.debit_id], part.amount) for part in portions]


def _plan_oldest(items: list[OpenItem], credit_item_id: int | None) -> list[rules.Portion]:
    credits_ = [
        as_rule(item)
        for item in items
        if item.side == Side.CREDIT and credit_item_id in (None, item.pk)
    ]
    debits = _debits_of(items, items[0].entity_id)
    return rules.spread_oldest_due(map(as_rule, debits), credits_)


def _require_pair(debit: OpenItem, credit: OpenItem, amount: Decimal, on_date: date) -> None:
    if (debit.side, credit.side) != (Side.DEBIT, Side.CREDIT):
        raise CannotAllocate("An allocation settles a debit with a credit.")
    if debit.currency != credit.currency:
        raise CannotAllocate(
            f"{credit.number} is in {credit.currency} and {debit.number} in {debit.currency}:"
            " a credit settles debits of its own currency only.",
            rule="AR-8",
        )
    if debit.payer_id != credit.payer_id or debit.entity_id != credit.entity_id:
        raise CannotAllocate(
            f"{credit.number} and {debit.number} belong to different payers or entities:"
            " transfer the credit by a pair of documents first.",
            rule="AR-6",
        )
    if amount <= 0 or amount != quantize(amount, debit.currency):
        raise CannotAllocate(
            f"{amount} {debit.currency} is not a positive amount in whole minor units."
        )
    if on_date < max(debit.doc_date, credit.doc_date):
        raise CannotAllocate("An allocation is not dated before either of its documents.")
    for item in (debit, credit):
        if amount > item.open:
            raise CannotAllocate(
                f"Only {item.open} {item.currency} of {item.number} is open; {amount} was asked.",
            )


def _apply(
    items: list[OpenItem],
    portions: list[rules.Portion],
    on_date: date,
    strategy: Strategy,
    actor: User | None,
) -> list[AllocationBatch]:
    own = functional_currency(items[0].entity_id)
    plans = plans_of(items, portions, on_date=on_date, strategy=strategy, own_currency=own)
    return write_batches(plans, actor=actor)


def plans_of(
    items: list[OpenItem],
    portions: list[rules.Portion],
    *,
    on_date: date,
    strategy: Strategy,
    own_currency: str,
) -> list[Plan]:
    """Plan one batch for each day on which both documents of its allocations exist.

    Takes the portions off the locked rows in memory, so that the next plan sees what is left.
    """
    by_id = {item.pk: item for item in items}
    by_day: dict[date, list[Leg]] = {}
    for part in portions:
        debit, credit = by_id[part.debit_id], by_id[part.credit_id]
        leg = Leg(
            debit_item_id=debit.pk,
            credit_item_id=credit.pk,
            amount=part.amount,
            functional_debit=_take(debit, part.amount, own_currency),
            functional_credit=_take(credit, part.amount, own_currency),
        )
        by_day.setdefault(max(on_date, debit.doc_date, credit.doc_date), []).append(leg)
    return [
        Plan(by_id[legs[0].debit_item_id], AllocationKind.APPLY, strategy, day, legs)
        for day, legs in sorted(by_day.items())
    ]


def _take(item: OpenItem, amount: Decimal, own_currency: str) -> Decimal:
    """Take a part off the row in memory, and return what it is worth."""
    functional = rules.functional_part(
        amount,
        open_amount=item.open,
        functional_open=item.functional_open,
        currency=own_currency,
    )
    item.open -= amount
    item.functional_open -= functional
    return functional
