"""Orders: place, judge, submit and cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now

import audit.operations
import catalog.queries
from catalog.models import Charge, OfferVersion
from customers.choices import OrderAction, OrderChannel, OrderState, PricePolicy
from customers.models import (
    Account,
    Order,
    OrderItem,
    OrderItemIdentifier,
    OrderItemPrice,
    Subscription,
)
from customers.operations import fulfilment, withdrawal
from customers.operations.lifecycle import activate, complete_orders
from customers.operations.numbers import next_number
from customers.operations.parties import AddressInput, record_address
from customers.queries.offers import order_facts
from customers.queries.tree import pricebook_of
from customers.rules.completeness import Missing, missing_in_order
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

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


class CannotCancelOrder(Refusal):
    """The order has taken effect; a new order changes it back."""

    rule = "ORD-19"


@dataclass(frozen=True, slots=True)
class IdentifierInput:
    """An identifier that a service shall have; equal service keys share one service."""

    type: str
    value: str
    service_key: str = "1"


@dataclass(frozen=True, slots=True)
class ItemInput:
    """One item as it is asked for; what an action does not use stays empty.

    `prices` maps charge codes of the offer to own unit prices. `effective_on` defaults to the
    order's requested day. `awaits_activation` and `awaits_acceptance` keep charges with that
    trigger waiting until the day is recorded (CHG-7).
    """

    action: OrderAction | str
    offer_version: OfferVersion | None = None
    subscription: Subscription | None = None
    quantity: Decimal | None = None
    effective_on: date | None = None
    activation_on: date | None = None
    acceptance_on: date | None = None
    agreed_on: date | None = None
    awaits_activation: bool = False
    awaits_acceptance: bool = False
    trial_end_on: date | None = None
    term_months: int | None = None
    price_policy: PricePolicy = PricePolicy.FLOATING
    with_one_time: bool | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    identifiers: Sequence[IdentifierInput] = ()
    service_address: AddressInput | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


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
) -> Order:
    """Keep a draft order; nothing happens before it is submitted.

    With `submit_as_of` it is submitted at once, or not placed at all. With an `external_id` seen
    before, the order placed then is returned.

    Raises: IncompleteOrder, when it is to be submitted.
    """
    require(actor, "customers.place_order")
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
    for seq, item in enumerate(items, start=1):
        _record_item(order, seq, item, actor)
    if submit_as_of is not None:
        return submit_order(order=order, as_of=submit_as_of, actor=actor)
    return order


def missing_in(*, order: Order) -> list[Missing]:
    """Return everything that keeps the order from being submitted, in words for a clerk."""
    account, items = order_facts(order)
    return missing_in_order(account, items)


@transaction.atomic
def submit_order(*, order: Order, as_of: date, actor: User | None) -> Order:
    """Carry the order out: subscriptions, charges, timelines and services, past or future.

    What is effective by `as_of` (a day in the account's time zone) is active at once; the rest
    when `activate_due` comes to its day. An order submitted before is returned as it is. Locks
    the order, then its subscriptions.

    Raises: IncompleteOrder, naming everything that is missing.
    """
    require(actor, "customers.place_order")
    row = Order.objects.select_for_update().get(pk=order.pk)
    if row.state in {OrderState.SUBMITTED, OrderState.COMPLETED}:
        return row
    if row.state != OrderState.DRAFT:
        raise Refusal(f"order {row.number} was cancelled", rule="STATE")
    missing = missing_in(order=row)
    if missing:
        raise IncompleteOrder(row.number, missing)
    items = list(OrderItem.objects.filter(order=row).order_by("seq"))
    for item in items:
        item.price_snapshot = _quoted(row, item)
        item.save(update_fields=["price_snapshot"])
    row.state = OrderState.SUBMITTED
    row.submitted_at = Now()
    row.updated_by = actor
    row.save()
    ends_first = sorted(items, key=lambda item: (item.action != OrderAction.TERMINATE, item.seq))
    touched = [fulfilment.carry_out(item, as_of=as_of, actor=actor) for item in ends_first]
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
        items = list(OrderItem.objects.filter(order=row).order_by("-seq"))
        for item in items:
            if item.effective_on <= as_of:
                raise CannotCancelOrder(
                    f"item {item.seq} of order {row.number} took effect on {item.effective_on}"
                )
        for item in items:
            withdrawal.withdraw(item, actor=actor)
    row.state = OrderState.CANCELLED
    row.updated_by = actor
    row.save()
    audit.operations.record_event(
        topic="order.cancelled", subject=row, payload={"number": row.number}, actor=actor
    )
    return row


def _record_item(order: Order, seq: int, given: ItemInput, actor: User | None) -> None:
    if given.action not in OrderAction.values:
        raise Invalid(f"{given.action!r} is not an order action")
    if given.quantity is not None and given.quantity <= 0:
        raise Invalid(f"item {seq}: the quantity must be more than zero")
    with_one_time = given.with_one_time
    if with_one_time is None:
        with_one_time = given.action == OrderAction.ADD
    item = OrderItem.objects.create(
        order=order,
        seq=seq,
        action=given.action,
        offer_version=given.offer_version,
        subscription=given.subscription,
        quantity=given.quantity,
        effective_on=given.effective_on or order.requested_on,
        activation_on=given.activation_on,
        acceptance_on=given.acceptance_on,
        agreed_on=given.agreed_on,
        awaits_activation=given.awaits_activation,
        awaits_acceptance=given.awaits_acceptance,
        trial_end_on=given.trial_end_on,
        term_months=given.term_months,
        price_policy=given.price_policy,
        with_one_time=with_one_time,
        service_address=(
            record_address(address=given.service_address, actor=actor)
            if given.service_address
            else None
        ),
        attributes=dict(given.attributes),
        reason=given.reason,
    )
    _record_prices(item, given)
    OrderItemIdentifier.objects.bulk_create(
        OrderItemIdentifier(item=item, type=one.type, value=one.value, service_key=one.service_key)
        for one in given.identifiers
    )


def _record_prices(item: OrderItem, given: ItemInput) -> None:
    if not given.prices:
        return
    version_id = item.offer_version_id
    if version_id is None and item.subscription is not None:
        from customers.queries.offers import current_item

        current = current_item(item.subscription, item.effective_on)
        version_id = current.offer_version_id if current else None
    charges = {charge.code: charge for charge in Charge.objects.filter(offer_version=version_id)}
    for code, price in given.prices.items():
        if code not in charges:
            raise Invalid(f"item {item.seq}: the offer has no charge {code}", rule="PRC-2")
        if price < 0:
            raise Invalid(f"item {item.seq}: a price is not negative", rule="PRC-2")
        OrderItemPrice.objects.create(item=item, charge=charges[code], unit_price=price)


def _quoted(order: Order, item: OrderItem) -> list[dict[str, Any]]:
    """Return the list price of each charge on the item's day, as quoted (RA-7)."""
    version_id = item.offer_version_id
    if version_id is None:
        return []
    account = Account.objects.select_related("customer").get(pk=order.account_id)
    book_id = pricebook_of(account_id=account.pk, on_date=item.effective_on)
    own = {price.charge_id: price.unit_price for price in item.prices.all()}
    listed = catalog.queries.compiled()
    quoted = []
    for charge in Charge.objects.filter(offer_version=version_id).order_by("sequence", "code"):
        terms = listed.price_for(
            charge.pk,
            book_id=book_id,
            currency=account.currency,
            on_date=item.effective_on,
            segment=account.customer.segment,
        )
        quoted.append(
            {
                "charge": charge.code,
                "currency": account.currency,
                "own_price": str(own[charge.pk]) if charge.pk in own else None,
                "price_version": terms.price_version_id if terms else None,
                "unit_price": str(terms.unit_price) if terms else None,
                "flat_amount": str(terms.flat_amount) if terms else None,
            }
        )
    return quoted
