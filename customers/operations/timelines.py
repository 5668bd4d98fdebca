"""Store timelines: read segments as spans, write the difference to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customers.models import ChargeSegment, Subscription
from customers.rules import timeline
from customers.rules.timeline import Span, Timeline


def stored_of(subscription: Subscription) -> dict[int, dict[int, Span]]:
    """Return the segments of a subscription, locked: by subscription charge and id, in order."""
    rows = (
        ChargeSegment.objects.select_for_update(of=("self",))
        .filter(subscription_charge__subscription=subscription)
        .order_by("subscription_charge_id", "valid")
    )
    found: dict[int, dict[int, Span]] = {}
    for row in rows:
        found.setdefault(row.subscription_charge_id, {})[row.pk] = span_of(row)
    return found


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
        price_day=row.price_day,
    )


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
    if not timelines:
        return
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
        "price_day": span.price_day,
    }
