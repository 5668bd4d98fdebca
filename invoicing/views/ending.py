"""What an order that ends subscriptions makes of what is unbilled, paid in advance and open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import receivables.queries
from customers.models import Order, OrderItem
from foundation.screens import Column, Fact, Table


def ending_table(order: Order) -> Table | None:
    """Return what was chosen for each subscription that an order ends; None where it ends none."""
    ends = OrderItem.objects.filter(order=order, action="TERMINATE").select_related("subscription")
    rows = list(ends.order_by("seq"))
    if not rows:
        return None
    return Table(
        caption="At the end",
        rows=rows,
        columns=(
            Column(label="Subscription", value="subscription.number", kind="code"),
            Column(label="First day not billed", value="effective_on", kind="date"),
            Column(label="Charges in arrears and usage", value=_unbilled),
            Column(label="Paid in advance", value=_advance),
            Column(label="Open items", value=_open),
        ),
    )


def owed_facts(payers: Iterable[int], day: date) -> Sequence[Fact]:
    """Return what payers owe and what is held for them before the order."""
    found = receivables.queries.balances(payer_ids=payers, as_of=day)
    return [
        Fact(label=label, value=amount, kind="money", currency=one.currency)
        for each in found.values()
        for one in each
        for label, amount in (("Open now", one.debit), ("Held now", one.credit))
    ]


def _unbilled(item: OrderItem) -> str:
    return f"waived from {item.waived_from}" if item.waived_from else "billed"


def _advance(item: OrderItem) -> str:
    return item.get_advance_fate_display() if item.advance_fate else "As the offer says"


def _open(item: OrderItem) -> str:
    if item.sets_off:
        return "settled, oldest first, with what is given back and held"
    return "stay as they are; what is given back is held"
