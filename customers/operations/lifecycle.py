"""The life of subscriptions by the calendar: activation, end of trial, end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

import audit.operations
from audit.operations.events import Happening
from customers.choices import (
    OrderState,
    ServiceState,
    SubscriptionEventKind,
    SubscriptionState,
)
from customers.models import (
    Order,
    OrderItem,
    ServiceInstance,
    Subscription,
    SubscriptionEvent,
    SubscriptionPause,
)
from customers.operations import fallout, replaying
from customers.rules import states
from customers.signals import subscriptions_activated, subscriptions_changed
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = SubscriptionState
WAITING = (State.PENDING, State.TRIAL, State.ACTIVE, State.SUSPENDED, State.PENDING_END)
SERVICE_STATES = {
    State.TRIAL: ServiceState.ACTIVE,
    State.ACTIVE: ServiceState.ACTIVE,
    State.SUSPENDED: ServiceState.SUSPENDED,
    State.PENDING_END: ServiceState.ACTIVE,
    State.TERMINATED: ServiceState.TERMINATED,
    State.CANCELLED: ServiceState.TERMINATED,
}
EVENTS = {
    State.TRIAL: SubscriptionEventKind.TRIAL_STARTED,
    State.ACTIVE: SubscriptionEventKind.ACTIVATED,
    State.TERMINATED: SubscriptionEventKind.TERMINATED,
    State.CANCELLED: SubscriptionEventKind.CANCELLED,
}


class CannotActivate(Refusal):
    """The subscription is not waiting for that day."""

    rule = "CHG-7"


@transaction.atomic
def activate_due(*, as_of: date, time_zone: str | None = None) -> dict[str, int]:
    """Bring subscriptions and orders to the states of the day; return how many moved.

    The scheduled tick calls it once per time zone with the zone's own day; submission does the
    same for its own subscriptions at once. A second call moves nothing.
    """
    due = _due(as_of)
    if time_zone is not None:
        due = due.filter(account__time_zone=time_zone)
    moved = _move(due, as_of=as_of, actor=None)
    return {"subscriptions": moved, "orders": complete_orders(as_of=as_of, time_zone=time_zone)}


def activate(*, subscription_ids: Sequence[int], as_of: date, actor: User | None) -> int:
    """Bring some subscriptions to the states of the day, and announce that they changed."""
    moved = _move(Subscription.objects.filter(pk__in=subscription_ids), as_of=as_of, actor=actor)
    ids = list(subscription_ids)
    transaction.on_commit(lambda: subscriptions_changed.send(Subscription, ids=ids))
    return moved


def complete_orders(
    *, as_of: date, order_ids: Sequence[int] | None = None, time_zone: str | None = None
) -> int:
    """Complete submitted orders whose every item has taken effect; return how many.

    An item that waits for its activation has not.
    """
    items = OrderItem.objects.filter(
        order__state=OrderState.SUBMITTED, fulfilled_on__isnull=True, effective_on__lte=as_of
    ).exclude(awaits_activation=True, subscription__activation_on__isnull=True)
    orders = Order.objects.filter(state=OrderState.SUBMITTED)
    if order_ids is not None:
        items, orders = items.filter(order__in=order_ids), orders.filter(pk__in=order_ids)
    if time_zone is not None:
        items = items.filter(order__account__time_zone=time_zone)
        orders = orders.filter(account__time_zone=time_zone)
    for item in items.order_by("pk"):
        OrderItem.objects.filter(pk=item.pk).update(fulfilled_on=item.effective_on)
    done = orders.exclude(items__fulfilled_on__isnull=True)
    completed = 0
    for order in list(done.order_by("pk")):
        order.state = OrderState.COMPLETED
        order.completed_on = as_of
        order.save()
        completed += 1
    return completed


@transaction.atomic
def record_activation(
    *, subscription: Subscription, on_date: date, as_of: date, actor: User | None
) -> Subscription:
    """Record that the service works since the day: charges with that trigger start (CHG-7).

    Without a separate acceptance awaited, the subscription counts as accepted the same day.
    """
    require(actor, "customers.place_order")
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.activation_on is not None or not row.is_live():
        raise CannotActivate(f"subscription {row.number} does not wait for its activation")
    if on_date < row.effective_on:
        raise Invalid(f"subscription {row.number} starts on {row.effective_on}")
    row.activation_on = on_date
    if not _awaits_acceptance(row):
        row.acceptance_on = on_date
    row.updated_by = actor
    row.save()
    fallout.resolve_by_activation(row, actor)
    replaying.rewrite(row, as_of=as_of, actor=actor)
    activate(subscription_ids=[row.pk], as_of=as_of, actor=actor)
    orders = OrderItem.objects.filter(subscription=row).values_list("order_id", flat=True)
    complete_orders(as_of=as_of, order_ids=list(orders))
    row.refresh_from_db()
    return row


@transaction.atomic
def record_acceptance(
    *, subscription: Subscription, on_date: date, as_of: date, actor: User | None
) -> Subscription:
    """Record that the customer accepted on the day: charges with that trigger start (CHG-7)."""
    require(actor, "customers.place_order")
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if row.activation_on is None or row.acceptance_on is not None or not row.is_live():
        raise CannotActivate(f"subscription {row.number} does not wait for its acceptance")
    if on_date < row.activation_on:
        raise Invalid(f"subscription {row.number} was activated on {row.activation_on}")
    row.acceptance_on = on_date
    row.updated_by = actor
    row.save()
    replaying.rewrite(row, as_of=as_of, actor=actor)
    _note(row, SubscriptionEventKind.ACCEPTED, on_date, actor)
    activate(subscription_ids=[row.pk], as_of=as_of, actor=actor)
    row.refresh_from_db()
    return row


def state_on(row: Subscription, as_of: date) -> SubscriptionState:
    """Return the state that the dates and pauses of a subscription give on a day (2.11)."""
    state = SubscriptionState(row.state)
    if state == State.CANCELLED:
        return state
    if row.end_on is not None and row.end_on <= as_of:
        if state == State.PENDING and row.end_on == row.effective_on:
            return State.CANCELLED
        return State.TERMINATED
    if row.activation_on is None or row.activation_on > as_of:
        return state
    if SubscriptionPause.objects.filter(subscription=row, valid__contains=as_of).exists():
        return State.SUSPENDED
    if row.end_on is not None:
        return State.PENDING_END
    is_trial = row.trial_end_on is not None and row.trial_end_on > as_of
    return State.TRIAL if is_trial and state != State.ACTIVE else State.ACTIVE


def _due(as_of: date) -> QuerySet[Subscription]:
    """Return the subscriptions whose state may differ from what the day gives."""
    pauses = SubscriptionPause.objects.filter(subscription=OuterRef("pk"), valid__contains=as_of)
    starts = Q(state=State.PENDING, activation_on__lte=as_of)
    trial_ends = Q(state=State.TRIAL, trial_end_on__lte=as_of)
    ends = Q(end_on__lte=as_of, state__in=WAITING)
    waits_for_end = Q(end_on__isnull=False, state__in=[State.ACTIVE, State.TRIAL])
    paused = Q(Exists(pauses), state__in=[State.ACTIVE, State.TRIAL, State.PENDING_END])
    resumed = Q(~Exists(pauses), state=State.SUSPENDED)
    return Subscription.objects.filter(
        starts | trial_ends | ends | waits_for_end | paused | resumed
    )


def _move(rows: QuerySet[Subscription], *, as_of: date, actor: User | None) -> int:
    """Move each row along the arrows to the state of the day, one event per arrow."""
    activated: list[int] = []
    happenings: list[Happening] = []
    moved = 0
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        target = state_on(row, as_of)
        if target == row.state:
            continue
        moved += 1
        for step in _steps(SubscriptionState(row.state), target):
            row.state = step
            row.updated_by = actor
            row.save()
            if step in EVENTS:
                _note(row, EVENTS[step], _day_of(row, step), actor)
                happenings.append(_happening(row, step, actor))
        ServiceInstance.objects.filter(subscription=row).update(
            state=SERVICE_STATES[SubscriptionState(row.state)], version=F("version") + 1
        )
        if row.state in {State.TRIAL, State.ACTIVE, State.PENDING_END}:
            activated.append(row.pk)
    if happenings:
        audit.operations.record_events(happenings)
    if activated:
        transaction.on_commit(lambda: subscriptions_activated.send(Subscription, ids=activated))
    return moved


def _steps(state: SubscriptionState, target: SubscriptionState) -> list[SubscriptionState]:
    """Return the states to pass through: a start that was missed is made up before an end."""
    if state != State.PENDING and states.may(states.SUBSCRIPTION, state, target):
        return [target]
    if state == State.PENDING and target in {State.ACTIVE, State.TRIAL, State.CANCELLED}:
        return [target]
    return [State.ACTIVE, target]


def _day_of(row: Subscription, step: SubscriptionState) -> date:
    if step in {State.TERMINATED, State.CANCELLED} and row.end_on is not None:
        return row.end_on
    if step == State.ACTIVE and row.trial_end_on is not None:
        return max(row.trial_end_on, row.effective_on)
    return row.activation_on or row.effective_on


def _happening(row: Subscription, step: SubscriptionState, actor: User | None) -> Happening:
    return Happening(
        topic=f"subscription.{EVENTS[step].value.lower()}",
        subject_type=row._meta.label_lower,
        subject_id=row.pk,
        payload={"number": row.number, "on": _day_of(row, step).isoformat()},
        actor_id=actor.pk if actor else None,
    )


def _awaits_acceptance(row: Subscription) -> bool:
    return OrderItem.objects.filter(subscription=row, awaits_acceptance=True).exists()


def _note(
    row: Subscription, kind: SubscriptionEventKind, on_date: date, actor: User | None
) -> None:
    SubscriptionEvent.objects.create(subscription=row, kind=kind, on_date=on_date, actor=actor)
