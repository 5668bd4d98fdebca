"""A preview that is pinned: the order is carried out with the same figures, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.db import transaction

import customers.operations
from customers.models import Order
from foundation.errors import Invalid, Refusal
from invoicing.operations.next_invoices import PreviewLine
from invoicing.operations.previewing import Preview, preview_draft, without
from invoicing.rules.content import plain

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SALT: Final = "invoicing.order-preview"
SHOWN: Final = 5
Figures = list[tuple[int, str, str, list[str]]]
"""Payer, bill date, total, and each line in words."""


class PreviewChanged(Refusal):
    """Since the preview something has changed that changes the figures."""

    rule = "ORD-26"


def pin_of(order: Order, previews: Sequence[Preview]) -> str:
    """Return the figures of a preview, signed, to be handed back with the order."""
    return signing.dumps(
        {"order": order.pk, "figures": _figures(previews)}, salt=SALT, compress=True
    )


@transaction.atomic
def submit_as_previewed(*, order: Order, pin: str, as_of: date, actor: User | None) -> Order:
    """Submit a draft if it still gives the figures that were shown.

    Raises: PreviewChanged, saying what changed; customers.operations.IncompleteOrder.
    """
    try:
        pinned = signing.loads(pin, salt=SALT)
    except signing.BadSignature as error:
        raise Invalid("the pin is none that a preview has given", rule="ORD-26") from error
    if pinned["order"] != order.pk:
        raise Invalid("the pin is of another order", rule="ORD-26")
    Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    now = _figures(preview_draft(order=order, as_of=as_of, actor=actor))
    changed = list(_changes(pinned["figures"], now))
    if changed:
        rest = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise PreviewChanged(
            "the figures have changed since the preview: " + "; ".join(changed[:SHOWN]) + rest
        )
    return customers.operations.submit_order(order=order, as_of=as_of, actor=actor)


def _figures(previews: Sequence[Preview]) -> Figures:
    return [
        (
            one.after.payer_id,
            one.after.bill_date.isoformat(),
            plain(one.after.total),
            [_words(line) for line in one.after.lines],
        )
        for one in previews
    ]


def _words(line: PreviewLine) -> str:
    return (
        f"{line.text} from {line.start} to {line.end}: {plain(line.quantity)}, "
        f"{plain(line.net)} net, {plain(line.tax)} tax"
    )


def _changes(before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    """Say in words which lines came and went, and which bill dates moved."""
    found = []
    old = {payer: (day, total, lines) for payer, day, total, lines in before}
    for payer, day, total, lines in after:
        was = old.pop(payer, None)
        if was is None:
            found.append(f"another payer is billed {total}")
            continue
        if was[0] != day:
            found.append(f"the next bill is of {day}, not of {was[0]}")
        found += [f"no longer: {line}" for line in without(was[2], lines)]
        found += [f"new: {line}" for line in without(lines, was[2])]
    return [*found, *(f"a payer is not billed any more {was[1]}" for was in old.values())]
