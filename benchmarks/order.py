"""What it takes to preview an order of a customer with twenty subscriptions, among many payers."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import customers.operations
import invoicing.operations
from benchmarks._payers import Town
from benchmarks.figures import Figure, Repetitions
from customers.operations import ItemInput
from tests.apps.invoicing.company import add

PAYERS, SUBSCRIPTIONS, TURNS = 20_000, 20, 15
START, TODAY = date(2027, 1, 1), date(2027, 1, 20)
TARGET_MS = 300


def run(scale: float) -> list[Figure]:
    """Settle a town, then preview an upgrade of one of the twenty again and again."""
    town = Town()
    town.settle("B1", max(1, round(PAYERS * scale)))
    payer = town.company.payer()
    plan = town.company.offer("PLAN", {"price": Decimal(30)}, {"price": Decimal(7)})
    subscriptions = [add(payer, plan, START) for _ in range(SUBSCRIPTIONS)]
    seconds = []
    for turn in range(TURNS + 1):
        item = ItemInput(
            action="MODIFY",
            subscription=subscriptions[turn % SUBSCRIPTIONS],
            quantity=Decimal(3),
            effective_on=TODAY,
        )
        began = time.perf_counter()
        order = customers.operations.place_order(
            account=payer, items=[item], requested_on=TODAY, actor=None
        )
        (found,) = invoicing.operations.preview_draft(order=order, as_of=TODAY, actor=None)
        seconds.append(time.perf_counter() - began)
        assert found.difference > 0
    measured = Repetitions(seconds[1:])  # the first compiles the catalogue
    note = f"{SUBSCRIPTIONS} subscriptions, at most {TARGET_MS} ms"
    return [
        Figure("order.preview_ms", measured.median * 1000, "ms", spread=measured.spread, note=note)
    ]
