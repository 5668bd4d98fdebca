"""Carry order items out: what is asked becomes subscriptions, timelines and services."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.models import Charge, OfferVersion
from customers.choices import (
    OrderAction,
    Renewal,
    SubscriptionEventKind,
    TermType,
)
from customers.models import (
    OrderItem,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
    SubscriptionItem,
)
from customers.operations import provisioning, timelines, withdrawal
from customers.operations.numbers import next_number
from customers.operations.withdrawal import Snapshot
from customers.rules import timeline
from customers.rules.timeline import Attribute, Start, Timeline
from foundation.periods import Unit, boundary

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ONE_DAY = timedelta(days=1)


def carry_out(item: OrderItem, *, as_of: date, actor: User | None) -> Subscription:
    """Carry one item of a submitted order out and return its subscription."""
    if item.action == OrderAction.ADD:
        return _add(item, actor)
    subscription = Subscription.objects.select_for_update().get(order_items=item)
    before = withdrawal.snapshot(subscription)
    if item.action == OrderAction.TERMINATE:
        _terminate(item, subscription, as_of, before, actor)
    else:
        _modify(item, subscription, before, actor)
    return subscription


def _add(item: OrderItem, actor: User | None) -> Subscription:
    version = _version(item)
    start = item.effective_on
    activation = None if item.awaits_activation else item.activation_on or start
    acceptance = None
    if activation is not None and not item.awaits_acceptance:
        acceptance = item.acceptance_on or activation
    trial_end = item.trial_end_on
    if trial_end is None and version.trial_days:
        trial_end = start + timedelta(days=version.trial_days)
    subscription = Subscription.objects.create(
        number=next_number("subscription"),
        account_id=item.order.account_id,
        term_type=TermType.TERMED if item.term_months else TermType.EVERGREEN,
        term=(start, _months_after(start, item.term_months)) if item.term_months else None,
        renewal=Renewal.AUTO,
        effective_on=start,
        activation_on=activation,
        acceptance_on=acceptance,
        trial_end_on=trial_end,
        price_policy=item.price_policy,
        po_number=item.order.po_number,
        service_address=item.service_address,
        created_by=actor,
        updated_by=actor,
    )
    OrderItem.objects.filter(pk=item.pk).update(subscription=subscription)
    item.subscription = subscription
    add_item(item, subscription, version, start, _quantity(item), actor=actor)
    provisioning.create_services(item, subscription, actor=actor)
    note(subscription, SubscriptionEventKind.CREATED, start, item, actor)
    return subscription


def add_item(
    item: OrderItem,
    subscription: Subscription,
    version: OfferVersion,
    start: date,
    quantity: Decimal,
    *,
    actor: User | None,
    keep_anchor: bool = False,
) -> SubscriptionItem:
    """Give the subscription an offer version from a day on, with charges and their timelines."""
    row = SubscriptionItem.objects.create(
        subscription=subscription,
        offer_version=version,
        quantity=quantity,
        valid=(start, subscription.end_on),
        created_by=actor,
    )
    own_prices = {price.charge_id: price.unit_price for price in item.prices.all()}
    triggers = {
        charge: trigger_day(charge, subscription, start, item.agreed_on)
        for charge in version.charges.order_by("sequence", "code")
        if charge.kind != "ONE_TIME" or item.with_one_time
    }
    charges = SubscriptionCharge.objects.bulk_create(
        SubscriptionCharge(
            item=row,
            subscription=subscription,
            account_id=subscription.account_id,
            charge=charge,
            anchor=_anchor(charge, subscription, trigger_on, keep_anchor=keep_anchor),
        )
        for charge, trigger_on in triggers.items()
    )
    timelines.start(
        {
            one.pk: begun(one.charge, subscription, trigger_on, quantity, own_prices, item)
            for one, trigger_on in zip(charges, triggers.values(), strict=True)
            if trigger_on is not None
        }
    )
    return row


def begun(
    charge: Charge,
    subscription: Subscription,
    trigger_on: date,
    quantity: Decimal,
    own_prices: dict[int, Decimal],
    item: OrderItem | None,
) -> Timeline:
    """Return the first timeline of a charge from its trigger day (CHG-7, CHG-10)."""
    start = Start(
        trigger_on=trigger_on,
        quantity=quantity,
        override_price=own_prices.get(charge.pk),
        is_one_time=charge.kind == "ONE_TIME",
        trial_end_on=None if charge.kind == "ONE_TIME" else subscription.trial_end_on,
        end_on=subscription.end_on,
        order_item_id=item.pk if item else None,
    )
    return timeline.begun(start, one_day=trigger_on + ONE_DAY)


def trigger_day(
    charge: Charge, subscription: Subscription, start: date, agreed_on: date | None
) -> date | None:
    """Return the day on which a charge starts; None while it is not known (CHG-7).

    A change of plan (`start` after the trigger) starts the new charges on the day of the change.
    """
    day = {
        "EFFECTIVE": start,
        "ACTIVATION": subscription.activation_on,
        "ACCEPTANCE": subscription.acceptance_on,
        "DATE": agreed_on,
    }[charge.trigger]
    return None if day is None else max(day, start)


def _anchor(
    charge: Charge, subscription: Subscription, trigger_on: date | None, *, keep_anchor: bool
) -> date | None:
    """Return the day from which periods count; a change of plan keeps the anniversary (PER-6)."""
    if trigger_on is None:
        return None
    if keep_anchor and charge.alignment == "ANNIVERSARY":
        earlier = (
            SubscriptionCharge.objects.filter(
                subscription=subscription,
                charge__kind="RECURRING",
                charge__alignment="ANNIVERSARY",
                charge__period_unit=charge.period_unit,
                charge__period_count=charge.period_count,
                anchor__isnull=False,
            )
            .order_by("pk")
            .first()
        )
        if earlier is not None:
            return earlier.anchor
    trial_end = subscription.trial_end_on
    if trial_end is not None and charge.alignment == "ANNIVERSARY":
        return max(trial_end, trigger_on)
    return trigger_on


def _modify(
    item: OrderItem, subscription: Subscription, before: Snapshot, actor: User | None
) -> None:
    day = item.effective_on
    current = SubscriptionItem.objects.select_for_update().get(
        subscription=subscription, valid__contains=day
    )
    if item.offer_version_id is not None:
        _change_plan(item, subscription, current, actor)
        kind: SubscriptionEventKind | None = SubscriptionEventKind.PLAN_CHANGED
    else:
        kind = _change_values(item, current)
    if provisioning.change_identifiers(item, subscription, actor=actor):
        kind = kind or SubscriptionEventKind.IDENTIFIERS_CHANGED
    note(subscription, kind or SubscriptionEventKind.QUANTITY_CHANGED, day, item, actor, before)


def _change_plan(
    item: OrderItem, subscription: Subscription, current: SubscriptionItem, actor: User | None
) -> None:
    day = item.effective_on
    for row in SubscriptionCharge.objects.filter(item=current).order_by("pk"):
        stored = timelines.stored(row.pk)
        timelines.write(row.pk, stored, timeline.ended(timelines.in_order(stored), day))
    current.valid = (current.valid.lower, day)
    current.save()
    version = _version(item)
    quantity = item.quantity if item.quantity is not None else current.quantity
    add_item(item, subscription, version, day, quantity, actor=actor, keep_anchor=True)


def _change_values(item: OrderItem, current: SubscriptionItem) -> SubscriptionEventKind | None:
    """Change quantity and own prices on the timelines of the item's charges."""
    own_prices = {price.charge_id: price.unit_price for price in item.prices.all()}
    rows = SubscriptionCharge.objects.filter(item=current).select_related("charge").order_by("pk")
    for row in rows:
        if row.charge.kind == "ONE_TIME":
            continue
        stored = timelines.stored(row.pk)
        wanted = timelines.in_order(stored)
        if item.quantity is not None:
            wanted = timeline.changed(
                wanted,
                item.effective_on,
                Attribute.QUANTITY,
                item.quantity,
                reason="QUANTITY",
                order_item_id=item.pk,
            )
        if row.charge_id in own_prices:
            wanted = timeline.changed(
                wanted,
                item.effective_on,
                Attribute.OVERRIDE_PRICE,
                own_prices[row.charge_id],
                reason="PRICE",
                order_item_id=item.pk,
            )
        timelines.write(row.pk, stored, wanted)
    if item.quantity is not None:
        current.quantity = item.quantity
        current.save()
        return SubscriptionEventKind.QUANTITY_CHANGED
    return SubscriptionEventKind.PRICE_CHANGED if own_prices else None


def _terminate(
    item: OrderItem,
    subscription: Subscription,
    as_of: date,
    before: Snapshot,
    actor: User | None,
) -> None:
    """End everything on the item's day, the first that is no longer billed (PRO-5)."""
    day = item.effective_on
    for row in SubscriptionCharge.objects.filter(subscription=subscription).order_by("pk"):
        stored = timelines.stored(row.pk)
        timelines.write(row.pk, stored, timeline.ended(timelines.in_order(stored), day))
    for current in SubscriptionItem.objects.filter(subscription=subscription):
        lower, upper = current.valid.lower, current.valid.upper
        if lower is not None and (upper is None or upper > day):
            current.valid = (min(lower, day), day)
            current.save()
    provisioning.end_services(subscription, day, actor=actor)
    subscription.end_on = day
    subscription.end_reason = item.reason
    subscription.updated_by = actor
    subscription.save()
    note(subscription, SubscriptionEventKind.END_SCHEDULED, day, item, actor, before)


def note(
    subscription: Subscription,
    kind: SubscriptionEventKind | str,
    on_date: date,
    item: OrderItem | None,
    actor: User | None,
    before: Snapshot | None = None,
) -> None:
    """Write one event of a subscription; `before` is what a withdrawal puts back."""
    SubscriptionEvent.objects.create(
        subscription=subscription,
        kind=kind,
        on_date=on_date,
        order_item=item,
        actor=actor,
        details={"before": before} if before else {},
    )


def _version(item: OrderItem) -> OfferVersion:
    if item.offer_version is None:
        raise ValueError("the completeness gate lets no item without offer pass")
    return item.offer_version


def _quantity(item: OrderItem) -> Decimal:
    if item.quantity is None:
        raise ValueError("the completeness gate lets no item without quantity pass")
    return item.quantity


def _months_after(start: date, months: int) -> date:
    return boundary(start, 1, Unit.MONTH, months)
