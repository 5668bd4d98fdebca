"""Orders: place, judge, submit and cancel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

import audit.operations
from customers.choices import (
    OrderAction,
    OrderChannel,
    OrderState,
    Renewal,
    TermType,
    TrialOutcome,
)
from customers.choices import SubscriptionState as State
from customers.models import Account, Order, OrderItem, Subscription
from customers.operations import (
    approving,
    bundle_facts,
    bundles,
    fulfilment,
    order_items,
    withdrawal,
)
from customers.operations.lifecycle import activate, complete_orders
from customers.operations.numbers import next_number
from customers.operations.order_items import ItemInput
from customers.queries.offers import order_facts
from customers.rules.completeness import Missing, missing_in_order
from customers.rules.replay import months_left
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from foundation.scope import require_sight

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class IncompleteOrder(Invalid):
    """The order cannot be carried out yet; `missing` names everything at once (C12)."""

    rule = "ORDER_INCOMPLETE"

    def __init__(self, number: str, missing: Sequence[Missing]) -> None:
        words = " ".join(
            f"Item {one.item}: {one.message}" if one.item else one.message for one in missing
        )
        super().__init__(f"Order {number} is not complete. {words}")
        self.missing = tuple(missing)


class CannotReviseOrder(Refusal):
    """The order is no draft any more; a new order changes what it did."""

    rule = "ORD-17"


class CannotCancelOrder(Refusal):
    """The order has taken effect; a new order changes it back."""

    rule = "ORD-19"


@transaction.atomic
def place_order(
    *,
    account: Account,
    items: Sequence[ItemInput],
    requested_on: date,
    actor: User | None,
    channel: OrderChannel = OrderChannel.CLERK,
    number: str = "",
    po_number: str = "",
    external_id: str = "",
    note: str = "",
    submit_as_of: date | None = None,
    must_be_complete: bool = False,
    asks: bool = True,
) -> Order:
    """Keep a draft order; nothing happens before it is submitted.

    With `submit_as_of` it is submitted at once, or not placed at all; `asks` as there. With
    `must_be_complete` a draft is kept only if it could be. With an `external_id` seen before, the
    order placed then is returned.

    Raises: IncompleteOrder, when it is to be submitted or complete; InvalidItem.
    """
    require(actor, "customers.place_order")
    require_sight(actor, account, *(item.target_account for item in items))
    if external_id:
        earlier = Order.objects.filter(external_id=external_id).first()
        if earlier is not None:
            return earlier
    order = Order.objects.create(
        number=number or next_number("order"),
        account=account,
        channel=channel,
        requested_on=requested_on,
        po_number=po_number,
        external_id=external_id or None,
        note=note,
        created_by=actor,
        updated_by=actor,
    )
    bundles.record_items(order, items, actor)
    return _go_on(order, submit_as_of, must_be_complete, actor, asks)


@transaction.atomic
def revise_order(
    *,
    order: Order,
    items: Sequence[ItemInput],
    requested_on: date,
    actor: User | None,
    po_number: str = "",
    note: str = "",
    submit_as_of: date | None = None,
    must_be_complete: bool = False,
) -> Order:
    """Ask for other items in a draft; it keeps its number. Locks the order.

    Raises: CannotReviseOrder once it is no draft; what `place_order` raises.
    """
    require(actor, "customers.place_order")
    require_sight(actor, order.account, *(item.target_account for item in items))
    row = Order.objects.select_for_update().get(pk=order.pk)
    if row.state != OrderState.DRAFT:
        raise CannotReviseOrder(f"order {row.number} is {row.get_state_display().lower()}")
    order_items.drop_items(row)
    row.requested_on, row.po_number, row.note = requested_on, po_number, note
    row.updated_by = actor
    row.save()
    bundles.record_items(row, items, actor)
    return _go_on(row, submit_as_of, must_be_complete, actor)


def _go_on(
    order: Order,
    submit_as_of: date | None,
    must_be_complete: bool,
    actor: User | None,
    asks: bool = True,
) -> Order:
    if submit_as_of is not None:
        return submit_order(order=order, as_of=submit_as_of, actor=actor, asks=asks)
    missing = missing_in(order=order) if must_be_complete else []
    if missing:
        raise IncompleteOrder(order.number, missing)
    return order


def missing_in(*, order: Order) -> list[Missing]:
    """Return everything that keeps the order from being submitted, in words for a clerk."""
    account, items = order_facts(order)
    return bundle_facts.with_bundles(order, missing_in_order(account, items))


@transaction.atomic
def submit_order(*, order: Order, as_of: date, actor: User | None, asks: bool = True) -> Order:
    """Carry the order out: subscriptions, charges, timelines and services, past or future.

    What is effective by `as_of` (a day in the account's time zone) is active at once; the rest
    when `activate_due` comes to its day. An order submitted before is returned as it is. One that
    a policy of `customers.order` has approved by a second person, or that goes beyond a credit
    limit (HIER-5), waits for that; a preview does not ask (`asks`). Locks the order, then its
    subscriptions.

    Raises: IncompleteOrder, naming everything that is missing.
    """
    require(actor, "customers.place_order")
    row = Order.objects.select_for_update().get(pk=order.pk)
    if row.state in {OrderState.SUBMITTED, OrderState.COMPLETED}:
        return row
    if row.state == OrderState.CANCELLED:
        raise Refusal(f"order {row.number} was cancelled", rule="STATE")
    missing = missing_in(order=row)
    if missing:
        raise IncompleteOrder(row.number, missing)
    if asks and actor is not None and approving.must_wait(row, actor, as_of):
        return row
    return _carry_out(row, as_of=as_of, actor=actor)


@transaction.atomic
def approve_order(*, order: Order, as_of: date, approver: User, comment: str = "") -> Order:
    """Approve an order that somebody else wants submitted, and carry it out for them.

    Raises: approving.CannotApproveOrder; IncompleteOrder; audit.operations.CannotDecide.
    """
    require_sight(approver, order)
    row = Order.objects.select_for_update().get(pk=order.pk)
    requester = approving.approve(row, approver, comment)
    missing = missing_in(order=row)
    if missing:
        raise IncompleteOrder(row.number, missing)
    return _carry_out(row, as_of=as_of, actor=requester)


@transaction.atomic
def send_back_order(*, order: Order, approver: User, comment: str) -> Order:
    """Send an order that waits for approval back to whoever wants it, as a draft, with a reason.

    Raises: approving.CannotApproveOrder; audit.operations.CannotDecide.
    """
    require_sight(approver, order)
    row = Order.objects.select_for_update().get(pk=order.pk)
    approving.send_back(row, approver, comment)
    return row


def _carry_out(row: Order, *, as_of: date, actor: User | None) -> Order:
    items = list(OrderItem.objects.filter(order=row).order_by("seq"))
    for item in items:
        order_items.quote(row, item)
    row.state = OrderState.SUBMITTED
    row.submitted_at = Now()
    row.updated_by = actor
    row.save()
    touched = fulfilment.carry_out(items, as_of=as_of, actor=actor)
    activate(subscription_ids=[one.pk for one in touched], as_of=as_of, actor=actor)
    complete_orders(as_of=as_of, order_ids=[row.pk])
    row.refresh_from_db()
    audit.operations.record_event(
        topic="order.submitted", subject=row, payload={"number": row.number}, actor=actor
    )
    return row


@transaction.atomic
def cancel_order(*, order: Order, as_of: date, actor: User | None) -> Order:
    """Withdraw an order of which nothing has taken effect by `as_of`.

    A draft is dropped; a submitted one is undone: what it added is cancelled, what it changed or
    ended later goes on as before. A second call does nothing.
    """
    require(actor, "customers.cancel_order")
    row = Order.objects.select_for_update().get(pk=order.pk)
    if row.state == OrderState.CANCELLED:
        return row
    if row.state == OrderState.COMPLETED:
        raise CannotCancelOrder(f"order {row.number} is completed")
    if row.state == OrderState.SUBMITTED:
        items = list(OrderItem.objects.filter(order=row, withdrawn_on__isnull=True))
        for item in items:
            if item.effective_on <= as_of:
                raise CannotCancelOrder(
                    f"item {item.seq} of order {row.number} took effect on {item.effective_on}"
                )
        withdrawal.withdraw(items, as_of=as_of, actor=actor)
    row.state = OrderState.CANCELLED
    row.updated_by = actor
    row.save()
    audit.operations.record_event(
        topic="order.cancelled", subject=row, payload={"number": row.number}, actor=actor
    )
    return row


@transaction.atomic
def end_trial(*, subscription: Subscription, on_date: date, as_of: date, reason: str) -> bool:
    """End a trial before its time with the day on which its cap was used up (CHG-10).

    What becomes paid is paid from the day after, also where that became known late. What ends or
    is suspended does so tomorrow at the earliest: its usage of today has an owner, and is billed.
    The order it places stands in the history like any other. Returns whether the trial ends
    earlier by it; a second call changes nothing.
    """
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    start = OrderItem.objects.filter(subscription=row, action=OrderAction.ADD)
    converts = start.filter(trial_outcome=TrialOutcome.CONVERT).exists()
    day = (on_date if converts else max(on_date, as_of)) + timedelta(days=1)
    if row.trial_end_on is None or day >= row.trial_end_on:
        return False
    item = ItemInput(
        action=OrderAction.MODIFY,
        subscription=row,
        effective_on=day,
        trial_end_on=day,
        reason=reason,
    )
    return _order_by_schedule(row, item, f"trial-{row.number}-{day}", as_of)


def _order_by_schedule(row: Subscription, item: ItemInput, external_id: str, as_of: date) -> bool:
    """Place an order that nobody asked for and carry it out; incomplete, it waits as a draft."""
    assert item.effective_on is not None
    order = place_order(
        account=row.account,
        items=[item],
        requested_on=item.effective_on,
        external_id=external_id,
        actor=None,
    )
    if order.state != OrderState.DRAFT or missing_in(order=order):
        return False
    submit_order(order=order, as_of=as_of, actor=None)
    return True


@transaction.atomic
def renew_due(*, as_of: date, time_zone: str | None = None) -> int:
    """Renew terms that renew by themselves and have ended, for as long again; return how many.

    A component renews with its bundle. The order it places stands in the history like any other;
    one that is not complete stays a draft for a clerk. A second call renews nothing.
    """
    due = Subscription.objects.filter(
        term_type=TermType.TERMED,
        renewal=Renewal.AUTO,
        term__endswith__lte=as_of,
        end_on__isnull=True,
        bundle__isnull=True,
        state__in=[State.TRIAL, State.ACTIVE, State.SUSPENDED],
    )
    if time_zone is not None:
        due = due.filter(account__time_zone=time_zone)
    renewed = 0
    for row in due.select_related("account").order_by("pk"):
        months = months_left(row.term.lower, row.term.upper)
        item = ItemInput(
            action=OrderAction.RENEW,
            subscription=row,
            effective_on=row.term.upper,
            term_months=months,
            reason="renews by itself",
        )
        external_id = f"renewal-{row.number}-{row.term.upper}"
        renewed += _order_by_schedule(row, item, external_id, as_of)
    return renewed
