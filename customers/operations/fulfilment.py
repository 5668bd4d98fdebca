"""Carry order items out: what is asked becomes subscriptions, timelines and services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from customers.choices import OrderAction, SubscriptionEventKind
from customers.models import OrderItem, Subscription, SubscriptionEvent
from customers.operations import ordered_discounts, replaying
from customers.operations.numbers import next_number

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Kind = SubscriptionEventKind
KINDS = {
    OrderAction.ADD: Kind.CREATED,
    OrderAction.SUSPEND: Kind.SUSPENDED,
    OrderAction.RESUME: Kind.RESUMED,
    OrderAction.RENEW: Kind.RENEWED,
    OrderAction.TRANSFER: Kind.TRANSFERRED,
    OrderAction.TERMINATE: Kind.END_SCHEDULED,
}


def carry_out(
    items: Sequence[OrderItem], *, as_of: date, actor: User | None
) -> list[Subscription]:
    """Carry the items of a submitted order out and return the subscriptions they touched.

    What was there is rewritten before what is new, so that an order can hand an identifier on.
    """
    changed: dict[int, Subscription] = {}
    added: list[Subscription] = []
    for item in items:
        if item.action == OrderAction.ADD:
            added.append(_create(item, actor))
        elif item.subscription_id is not None and item.subscription_id not in changed:
            row = Subscription.objects.select_for_update().get(pk=item.subscription_id)
            changed[row.pk] = row
    for item in items:
        note_item(item, changed.get(item.subscription_id or 0), actor)
    for row in changed.values():
        replaying.rewrite(row, as_of=as_of, actor=actor)
    for row in added:
        replaying.rewrite(row, as_of=as_of, actor=actor, is_new=True)
    ordered_discounts.give(items, actor)
    transfers = [item for item in items if item.action == OrderAction.TRANSFER]
    heirs = [_hand_over(item, as_of, actor) for item in transfers]
    return [*changed.values(), *added, *heirs]


def _create(item: OrderItem, actor: User | None) -> Subscription:
    """Make the subscription that an item adds, with its phases; its timelines come after."""
    start = item.effective_on
    activation = None if item.awaits_activation else item.activation_on or start
    acceptance = None
    if activation is not None and not item.awaits_acceptance:
        acceptance = item.acceptance_on or activation
    subscription = Subscription.objects.create(
        number=next_number("subscription"),
        account_id=item.order.account_id,
        effective_on=start,
        activation_on=activation,
        acceptance_on=acceptance,
        price_policy=item.price_policy,
        po_number=item.order.po_number,
        service_address=item.service_address,
        bundle_id=_bundle_of(item),
        created_by=actor,
        updated_by=actor,
    )
    OrderItem.objects.filter(pk=item.pk).update(subscription=subscription)
    item.subscription = subscription
    if item.phases.update(subscription=subscription):
        for phase in item.phases.all():
            note_item(phase, subscription, actor)
    return subscription


def _bundle_of(item: OrderItem) -> int | None:
    """Return the bundle that a component comes with, and goes on with on another account."""
    if item.part_of_id is None:
        return None
    whole = OrderItem.objects.get(pk=item.part_of_id)
    return whole.successor_id if item.action == OrderAction.TRANSFER else whole.subscription_id


def _hand_over(item: OrderItem, as_of: date, actor: User | None) -> Subscription:
    """Make the subscription that takes over on the account named by a transfer."""
    old = item.subscription
    if old is None or item.target_account_id is None:
        raise ValueError("the completeness gate lets no such transfer pass")
    heir = Subscription.objects.create(
        number=next_number("subscription"),
        account_id=item.target_account_id,
        effective_on=item.effective_on,
        activation_on=item.effective_on,
        acceptance_on=item.effective_on,
        po_number=old.po_number,
        service_address=item.service_address or old.service_address,
        bundle_id=_bundle_of(item),
        created_by=actor,
        updated_by=actor,
    )
    item.successor = heir
    OrderItem.objects.filter(pk=item.pk).update(successor=heir)
    note(heir, Kind.TAKEN_OVER, item.effective_on, item, actor)
    replaying.rewrite(heir, as_of=as_of, actor=actor)
    return heir


def note_item(item: OrderItem, subscription: Subscription | None, actor: User | None) -> None:
    """Note in the history of a subscription what an item does to it."""
    row = subscription or item.subscription
    if row is None:
        return
    kind = KINDS.get(OrderAction(item.action))
    if item.action == OrderAction.RESUME and row.end_on is not None:
        kind = Kind.REINSTATED
    if kind is None:
        kind = _kind_of_change(item)
    note(row, kind, item.effective_on, item, actor)


def _kind_of_change(item: OrderItem) -> SubscriptionEventKind:
    if item.offer_version_id is not None:
        return Kind.PLAN_CHANGED
    if item.quantity is not None:
        return Kind.QUANTITY_CHANGED
    if item.prices.exists():
        return Kind.PRICE_CHANGED
    if item.trial_end_on:
        return Kind.TRIAL_CHANGED
    return Kind.COMPONENTS_CHANGED if item.parts.exists() else Kind.IDENTIFIERS_CHANGED


def note(
    subscription: Subscription,
    kind: SubscriptionEventKind,
    on_date: date,
    item: OrderItem | None,
    actor: User | None,
) -> None:
    """Write one event of a subscription."""
    SubscriptionEvent.objects.create(
        subscription=subscription, kind=kind, on_date=on_date, order_item=item, actor=actor
    )


def subscriptions_of(items: Iterable[OrderItem]) -> list[Subscription]:
    """Return the subscriptions that some items are about, locked, in order."""
    ids = {item.subscription_id for item in items if item.subscription_id is not None}
    rows = Subscription.objects.select_for_update().filter(pk__in=ids)
    return list(rows.order_by("pk"))
