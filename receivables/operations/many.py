"""Settle the credits of many payers at once: a file of payments (AR-2, AR-3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from django.db import transaction

from foundation import permissions
from receivables.choices import Side, Strategy
from receivables.models import OpenItem
from receivables.operations.allocating import ALLOCATE, as_rule, lock_payer, plans_of
from receivables.operations.batches import Plan, write_batches
from receivables.operations.opening import functional_currency
from receivables.rules import allocation as rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Request:
    """A credit to be used: for what its payer named, or else for the oldest debts."""

    credit_item_id: int
    on_date: date
    advice: Sequence[rules.Advice] = ()


def lock_payers(payer_ids: Iterable[int]) -> None:
    """Take the turns of many payers, in order of id (F21)."""
    for payer_id in sorted(set(payer_ids)):
        lock_payer(payer_id)


def allocate_many(
    *, requests: Sequence[Request], actor: User | None, permission: str = ALLOCATE
) -> int:
    """Use the credits one after the other, as if each were allocated by itself; return batches.

    Reads and writes in a fixed number of acts, whatever the number of credits. Locks: the payers,
    then all their unsettled items, both in order of id.
    """
    permissions.require(actor, permission)
    with transaction.atomic():
        ids = [request.credit_item_id for request in requests]
        credits_ = OpenItem.objects.credits().filter(pk__in=ids)
        payers = set(credits_.values_list("payer_id", flat=True))
        lock_payers(payers)
        unsettled = OpenItem.objects.unsettled().filter(payer_id__in=payers)
        items = list(unsettled.select_for_update().order_by("pk"))
        plans = _plan(items, requests)
        write_batches(plans, actor=actor)
    return len(plans)


def _plan(items: list[OpenItem], requests: Sequence[Request]) -> list[Plan]:
    by_id = {item.pk: item for item in items}
    debits: dict[tuple[int, int, str], list[OpenItem]] = {}
    for item in items:
        if item.side == Side.DEBIT:
            debits.setdefault(_owner(item), []).append(item)
    own_currency = cache(functional_currency)
    plans: list[Plan] = []
    for request in requests:
        credit = by_id.get(request.credit_item_id)
        if credit is None:
            continue
        own = debits.get(_owner(credit), [])
        portions, strategy = _portions(own, credit, request.advice)
        plans += plans_of(
            [*own, credit],
            portions,
            on_date=request.on_date,
            strategy=strategy,
            own_currency=own_currency(credit.entity_id),
        )
    return plans


def _owner(item: OpenItem) -> tuple[int, int, str]:
    return item.payer_id, item.entity_id, item.currency


def _portions(
    debits: list[OpenItem], credit: OpenItem, advice: Sequence[rules.Advice]
) -> tuple[list[rules.Portion], Strategy]:
    owed = [as_rule(item) for item in debits if item.open > 0]
    if advice:
        portions, _ = rules.spread_remittance(owed, as_rule(credit), advice)
        return portions, Strategy.REMITTANCE
    return rules.spread_oldest_due(owed, [as_rule(credit)]), Strategy.OLDEST_DUE
