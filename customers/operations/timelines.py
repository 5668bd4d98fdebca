"""Store timelines: read segments as spans, write the difference to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customers.models import ChargeSegment
from customers.rules import timeline
from customers.rules.timeline import Span, Timeline


def stored(charge_id: int) -> dict[int, Span]:
    """Return the segments of a subscription charge by id, locked, in order of their start."""
    rows = (
        ChargeSegment.objects.select_for_update()
        .filter(subscription_charge_id=charge_id)
        .order_by("valid")
    )
    return {row.pk: span_of(row) for row in rows}


def span_of(row: ChargeSegment) -> Span:
    """Return a stored segment as a span."""
    return Span(
        start=row.valid.lower,
        end=row.valid.upper,
        quantity=row.quantity,
        override_price=row.override_price,
        state=row.state,
        reason=row.reason,
        order_item_id=row.order_item_id,
    )


def in_order(spans: dict[int, Span]) -> Timeline:
    """Return stored spans as a timeline."""
    return tuple(sorted(spans.values(), key=lambda span: span.start))


def write(charge_id: int, before: dict[int, Span], wanted: Sequence[Span]) -> None:
    """Make the stored segments the wanted ones: remove, then shorten or change, then add."""
    difference = timeline.difference(before, tuple(wanted))
    if difference.gone:
        ChargeSegment.objects.filter(pk__in=difference.gone).delete()
    for row_id, span in difference.changed:
        ChargeSegment.objects.filter(pk=row_id).update(**_columns(span))
    for span in difference.new:
        ChargeSegment.objects.create(subscription_charge_id=charge_id, **_columns(span))


def start(timelines: Mapping[int, Timeline]) -> None:
    """Store the first timelines of charges, by subscription charge, in one statement."""
    ChargeSegment.objects.bulk_create(
        ChargeSegment(subscription_charge_id=charge_id, **_columns(span))
        for charge_id, line in timelines.items()
        for span in line
    )


def _columns(span: Span) -> dict[str, Any]:
    return {
        "valid": (span.start, span.end),
        "quantity": span.quantity,
        "override_price": span.override_price,
        "state": span.state,
        "reason": span.reason,
        "order_item_id": span.order_item_id,
    }
