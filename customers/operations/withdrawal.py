"""Withdraw order items that have not taken effect: the history is told again without them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from customers.choices import (
    OrderAction,
    OrderState,
    ServiceState,
    SubscriptionEventKind,
    SubscriptionState,
)
from customers.models import Order, OrderItem, ServiceInstance, Subscription
from customers.operations import fulfilment, lifecycle, ordered_discounts, replaying
from foundation.errors import Refusal
from foundation.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CannotWithdraw(Refusal):
    """The item has taken effect, or a later order builds on it."""

    rule = "ORD-19"


@transaction.atomic
def withdraw_item(*, item: OrderItem, as_of: date, actor: User | None) -> OrderItem:
    """Withdraw one item of a submitted order before its day: a scheduled change, end or start.

    An order of which nothing is left is cancelled. A second call does nothing.

    Raises: CannotWithdraw.
    """
    require(actor, "customers.cancel_order")
    order = Order.objects.select_for_update().get(pk=item.order_id)
    row = OrderItem.objects.get(pk=item.pk)
    if row.withdrawn_on is not None or order.state == OrderState.CANCELLED:
        return row
    if order.state not in replaying.IN_FORCE:
        raise CannotWithdraw(f"order {order.number} is a draft: change or cancel it")
    if row.part_of_id is not None:
        whole = OrderItem.objects.get(pk=row.part_of_id)
        raise CannotWithdraw(f"item {row.seq} follows item {whole.seq}: withdraw that one")
    withdraw([row], as_of=as_of, actor=actor)
    left = OrderItem.objects.filter(order=order, withdrawn_on__isnull=True)
    if not left.exists() and order.state == OrderState.SUBMITTED:
        order.state = OrderState.CANCELLED
        order.updated_by = actor
        order.save()
    else:
        lifecycle.complete_orders(as_of=as_of, order_ids=[order.pk])
    row.refresh_from_db()
    return row


def withdraw_end(*, subscription: Subscription, as_of: date, actor: User | None) -> Subscription:
    """Withdraw the scheduled end of a subscription: it goes on as if nothing had been said.

    Raises: CannotWithdraw when no order ends it on a later day.
    """
    ends = OrderItem.objects.filter(subscription=subscription, action=OrderAction.TERMINATE)
    if subscription.bundle_id is not None:
        raise CannotWithdraw(f"subscription {subscription.number} ends with its bundle, or in it")
    item = (
        ends.filter(
            effective_on=F("subscription__end_on"),
            withdrawn_on__isnull=True,
            order__state__in=replaying.IN_FORCE,
        )
        .order_by("pk")
        .first()
    )
    if item is None:
        raise CannotWithdraw(f"no order ends subscription {subscription.number}")
    withdraw_item(item=item, as_of=as_of, actor=actor)
    subscription.refresh_from_db()
    return subscription


def withdraw(items: list[OrderItem], *, as_of: date, actor: User | None) -> None:
    """Withdraw items with what follows them, and tell the history of their subscriptions again.

    Raises: CannotWithdraw.
    """
    rows = list(OrderItem.objects.filter(_with_parts(items), withdrawn_on__isnull=True))
    for item in rows:
        if item.effective_on <= as_of:
            raise CannotWithdraw(f"item {item.seq} took effect on {item.effective_on}")
        _require_loose(item, rows)
    OrderItem.objects.filter(pk__in=[item.pk for item in rows]).update(withdrawn_on=as_of)
    touched = []
    for subscription in fulfilment.subscriptions_of(rows):
        replaying.rewrite(subscription, as_of=as_of, actor=actor)
        touched += [subscription, *replaying.heirs(subscription)]
    for subscription in touched:
        if not subscription.items.filter(valid__isempty=False).exists():
            _cancel(subscription, actor)
    ordered_discounts.take_back(rows, actor)
    for item in rows:
        _note(item, actor)
    lifecycle.activate(subscription_ids=[one.pk for one in touched], as_of=as_of, actor=actor)


def _with_parts(items: list[OrderItem]) -> Q:
    """Choose items with what follows them: their phases, and what they ask of components."""
    found = {item.pk for item in items}
    while True:
        follows = Q(phase_of__in=found) | Q(part_of__in=found)
        more = set(OrderItem.objects.filter(follows).values_list("pk", flat=True)) - found
        if not more:
            return Q(pk__in=found)
        found |= more


def _require_loose(item: OrderItem, together: list[OrderItem]) -> None:
    """Refuse when a later order would be left without the subscription it is about."""
    if item.action == OrderAction.ADD:
        builds_on = Q(subscription=item.subscription_id)
    elif item.action == OrderAction.TRANSFER:
        builds_on = Q(subscription=item.successor_id)
    else:
        return
    later = (
        OrderItem.objects.filter(builds_on, withdrawn_on__isnull=True)
        .exclude(pk__in=[one.pk for one in together])
        .exclude(order__state__in=[OrderState.DRAFT, OrderState.CANCELLED])
        .select_related("order")
        .first()
    )
    if later is not None:
        raise CannotWithdraw(f"order {later.order.number} builds on this one; withdraw it first")


def _cancel(subscription: Subscription, actor: User | None) -> None:
    """Let a subscription of which nothing is left never have been."""
    if subscription.state != SubscriptionState.PENDING:
        return
    for service in ServiceInstance.objects.filter(subscription=subscription):
        service.state = ServiceState.TERMINATED
        service.save()
    subscription.state = SubscriptionState.CANCELLED
    subscription.updated_by = actor
    subscription.save()


def _note(item: OrderItem, actor: User | None) -> None:
    kind = SubscriptionEventKind.CHANGE_WITHDRAWN
    if item.action == OrderAction.ADD:
        kind = SubscriptionEventKind.CANCELLED
    elif item.action == OrderAction.TERMINATE:
        kind = SubscriptionEventKind.END_WITHDRAWN
    if item.subscription is not None:
        fulfilment.note(item.subscription, kind, item.effective_on, item, actor)
