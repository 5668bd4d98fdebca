"""Withdraw order items that have not taken effect: put back what they found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.backends.postgresql.psycopg_any import DateRange

from customers.choices import (
    OrderAction,
    OrderState,
    ServiceState,
    SubscriptionEventKind,
    SubscriptionState,
)
from customers.models import (
    ChargeSegment,
    OrderItem,
    ServiceIdentifier,
    ServiceInstance,
    ServiceStatusPeriod,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
    SubscriptionItem,
)
from customers.operations import timelines
from customers.rules.timeline import Span
from foundation.errors import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Snapshot(TypedDict):
    """What a subscription looked like before an item was carried out, as plain JSON."""

    state: str
    end_on: str | None
    end_reason: str
    items: list[list[Any]]
    charges: dict[str, list[list[Any]]]
    identifiers: list[list[Any]]
    statuses: list[list[Any]]


class CannotWithdraw(Refusal):
    """A later order builds on this one."""

    rule = "ORD-19"


def snapshot(subscription: Subscription) -> Snapshot:
    """Return what a withdrawal has to put back."""
    charges = SubscriptionCharge.objects.filter(subscription=subscription).order_by("pk")
    return Snapshot(
        state=subscription.state,
        end_on=_text(subscription.end_on),
        end_reason=subscription.end_reason,
        items=[
            [row.pk, _text(row.valid.lower), _text(row.valid.upper), str(row.quantity)]
            for row in SubscriptionItem.objects.filter(subscription=subscription)
        ],
        charges={
            str(row.pk): [_plain(span) for span in timelines.stored(row.pk).values()]
            for row in charges
        },
        identifiers=[
            [row.service_id, row.type, row.value, _text(row.valid.lower), _text(row.valid.upper)]
            for row in ServiceIdentifier.objects.filter(service__subscription=subscription)
        ],
        statuses=[
            [row.service_id, row.state, _text(row.valid.lower), _text(row.valid.upper)]
            for row in ServiceStatusPeriod.objects.filter(service__subscription=subscription)
        ],
    )


def withdraw(item: OrderItem, *, actor: User | None) -> None:
    """Undo an item that has not taken effect, unless a later order builds on it.

    Raises: CannotWithdraw.
    """
    subscription = Subscription.objects.select_for_update().get(order_items=item)
    later = (
        OrderItem.objects.filter(subscription=subscription, pk__gt=item.pk)
        .exclude(order__state__in=[OrderState.DRAFT, OrderState.CANCELLED])
        .select_related("order")
        .first()
    )
    if later is not None:
        raise CannotWithdraw(f"order {later.order.number} builds on this one; withdraw it first")
    if item.action == OrderAction.ADD:
        _cancel(item, subscription, actor)
    else:
        _put_back(item, subscription, actor)


def _cancel(item: OrderItem, subscription: Subscription, actor: User | None) -> None:
    """Take an added subscription back: no timeline, no services, CANCELLED."""
    services = ServiceInstance.objects.filter(subscription=subscription)
    ServiceIdentifier.objects.filter(service__in=services).delete()
    ServiceStatusPeriod.objects.filter(service__in=services).delete()
    for service in services:
        service.state = ServiceState.TERMINATED
        service.save()
    ChargeSegment.objects.filter(subscription_charge__subscription=subscription).delete()
    subscription.state = SubscriptionState.CANCELLED
    subscription.updated_by = actor
    subscription.save()
    _note(subscription, SubscriptionEventKind.CANCELLED, item, actor)


def _put_back(item: OrderItem, subscription: Subscription, actor: User | None) -> None:
    """Restore the snapshot taken before the item was carried out."""
    event = SubscriptionEvent.objects.filter(
        subscription=subscription, order_item=item, details__has_key="before"
    ).latest("pk")
    before: Snapshot = event.details["before"]
    is_end = item.action == OrderAction.TERMINATE
    if is_end:
        subscription.end_on = _date(before["end_on"])
        subscription.end_reason = before["end_reason"]
        if subscription.state == SubscriptionState.PENDING_END:
            subscription.state = before["state"]
        subscription.updated_by = actor
        subscription.save()
    _restore_timeline(subscription, before)
    _restore_services(subscription, before)
    kind = (
        SubscriptionEventKind.END_WITHDRAWN if is_end else SubscriptionEventKind.CHANGE_WITHDRAWN
    )
    _note(subscription, kind, item, actor)


def _restore_timeline(subscription: Subscription, before: Snapshot) -> None:
    kept = {row_id: (lower, upper, quantity) for row_id, lower, upper, quantity in before["items"]}
    rows = list(SubscriptionItem.objects.filter(subscription=subscription))
    for row in sorted(rows, key=lambda each: each.pk in kept):
        if row.pk in kept:
            lower, upper, quantity = kept[row.pk]
            row.valid = _days(lower, upper)
            row.quantity = Decimal(quantity)
        else:
            row.valid = DateRange(empty=True)
        row.save()
    for charge in SubscriptionCharge.objects.filter(subscription=subscription).order_by("pk"):
        wanted = [_span(plain) for plain in before["charges"].get(str(charge.pk), [])]
        timelines.write(charge.pk, timelines.stored(charge.pk), wanted)


def _restore_services(subscription: Subscription, before: Snapshot) -> None:
    services = ServiceInstance.objects.filter(subscription=subscription)
    ServiceIdentifier.objects.filter(service__in=services).delete()
    ServiceStatusPeriod.objects.filter(service__in=services).delete()
    ServiceIdentifier.objects.bulk_create(
        ServiceIdentifier(
            service_id=service_id,
            type=kind,
            value=value,
            valid=(_instant(lower), _instant(upper)),
        )
        for service_id, kind, value, lower, upper in before["identifiers"]
    )
    ServiceStatusPeriod.objects.bulk_create(
        ServiceStatusPeriod(
            service_id=service_id, state=state, valid=(_instant(lower), _instant(upper))
        )
        for service_id, state, lower, upper in before["statuses"]
    )


def _note(
    subscription: Subscription, kind: SubscriptionEventKind, item: OrderItem, actor: User | None
) -> None:
    SubscriptionEvent.objects.create(
        subscription=subscription,
        kind=kind,
        on_date=item.effective_on,
        order_item=item,
        actor=actor,
    )


def _plain(span: Span) -> list[Any]:
    price = None if span.override_price is None else str(span.override_price)
    return [
        _text(span.start),
        _text(span.end),
        str(span.quantity),
        price,
        span.state,
        span.reason,
        span.order_item_id,
    ]


def _span(plain: list[Any]) -> Span:
    start, end, quantity, price, state, reason, order_item_id = plain
    return Span(
        start=date.fromisoformat(start),
        end=_date(end),
        quantity=Decimal(quantity),
        override_price=None if price is None else Decimal(price),
        state=state,
        reason=reason,
        order_item_id=order_item_id,
    )


def _text(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _days(lower: str | None, upper: str | None) -> DateRange:
    """Return the days of an item; they always begin, so without beginning there are none."""
    return DateRange(empty=True) if lower is None else DateRange(_date(lower), _date(upper))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
