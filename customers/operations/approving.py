"""Orders that a second person approves: above a threshold, if a policy says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import audit.operations
import audit.queries
from audit.choices import ApprovalState
from audit.models import ApprovalRequest
from customers.choices import OrderState
from customers.models import Account, Order, OrderItem
from customers.operations import ordered_discounts
from customers.queries.credit import exceeded, limited
from customers.queries.worth import worth_of_order
from foundation.errors import Refusal

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ACTION: Final = "customers.order"
"""The action that policies and limits know; without a policy no order needs approval."""


class CannotApproveOrder(Refusal):
    """The order does not wait for approval."""

    rule = "ORD-25"


def must_wait(order: Order, actor: User, as_of: date) -> bool:
    """Ask for a second person where a policy wants it; tell whether the order waits for one.

    Within the actor's limit it does not, unless it gives a discount that always needs one. An
    order that would carry an account, or one above it, beyond its credit limit waits whoever
    places it (HIER-5). Asking again asks nobody twice.
    """
    currency = order.account.currency
    needs = ordered_discounts.needs_approval(order)
    asks = needs or audit.queries.asks_for_approval(ACTION, currency=currency)
    nodes = limited(account_id=order.account_id, as_of=as_of)
    if not asks and not nodes:
        return False
    worth = worth_of_order(order)
    over = over_limit(nodes, worth, as_of)
    if not asks and not over:
        return False
    payload = payload_of(order)
    request = audit.operations.request_approval(
        action=ACTION,
        subject=order,
        payload=payload,
        requester=actor,
        amount=None if needs or over else worth,
        currency="" if needs else currency,
        reason=(over or order.note)[:200],
    )
    if request.state == ApprovalState.APPROVED:
        audit.operations.consume_approval(action=ACTION, subject=order, payload=payload)
        return False
    if order.state == OrderState.DRAFT:
        _set(order, OrderState.PENDING_APPROVAL, actor, "order.waits_for_approval")
    return True


def over_limit(nodes: Sequence[Account], worth: Decimal, as_of: date) -> str:
    """Say which of the credit limits an order goes beyond (HIER-5).

    Locks the accounts that have a limit, so that two orders do not each fit in what is left.
    """
    if worth <= 0 or not nodes:
        return ""
    locked = Account.objects.select_for_update(no_key=True).order_by("pk")
    list(locked.filter(pk__in=[one.pk for one in nodes]))
    return "; ".join(
        f"over the credit limit of {one.account.number}: {one.total:.2f} and {worth:.2f} more, "
        f"limit {one.limit:.2f} {one.account.currency}"
        for one in exceeded(nodes, worth, as_of)
    )


def approve(order: Order, approver: User, comment: str) -> User:
    """Approve what the order asks for, use the approval, and return who asked."""
    used = audit.operations.approve_and_use(
        request=_waiting(order),
        subject=order,
        payload=payload_of(order),
        approver=approver,
        comment=comment,
    )
    _set(order, OrderState.DRAFT, approver, "order.approved")
    return used.requester


def send_back(order: Order, approver: User, comment: str) -> None:
    """Reject what the order asks for; it is a draft again."""
    request = _waiting(order)
    audit.operations.reject(request_id=request.pk, approver=approver, comment=comment)
    _set(order, OrderState.DRAFT, approver, "order.sent_back")


def payload_of(order: Order) -> dict[str, Any]:
    """Return all that decides what the order does."""
    items = OrderItem.objects.filter(order=order).order_by("seq")
    return {
        "order": order.number,
        "account": order.account_id,
        "items": [
            {
                "action": one.action,
                "offer_version": one.offer_version_id,
                "subscription": one.subscription_id,
                "quantity": str(one.quantity),
                "on": one.effective_on.isoformat(),
                "prices": {
                    str(price.charge_id): str(price.unit_price)
                    for price in one.prices.order_by("charge_id")
                },
                "discounts": sorted(one.discounts.values_list("discount_id", flat=True)),
            }
            for one in items
        ],
    }


def _waiting(order: Order) -> ApprovalRequest:
    request = audit.queries.standing_request(ACTION, order)
    if order.state != OrderState.PENDING_APPROVAL or request is None:
        raise CannotApproveOrder(f"order {order.number} does not wait for approval")
    return request


def _set(order: Order, state: OrderState, actor: User, topic: str) -> None:
    order.state = state
    order.updated_by = actor
    order.save()
    audit.operations.record_event(
        topic=topic, subject=order, payload={"number": order.number}, actor=actor
    )
