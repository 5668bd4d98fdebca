"""Verbs of orders and subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import customers.operations
from billing_site.demo import clients
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb
from customers.models import Order, Subscription
from customers.operations import ComponentInput, IdentifierInput, ItemInput, Phase

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Step:
    """A phase of a ramp: from a day on another quantity or own prices."""

    on: date
    quantity: Decimal | None = None
    prices: dict[str, Decimal] = field(default_factory=dict)


@verb("order.add")
def add(
    scene: Scene,
    *,
    account: str,
    offer: str,
    as_: str,
    quantity: Decimal = ONE,
    effective: date | None = None,
    moment: str = "",
    identifier: str = "",
    prices: dict[str, Decimal] | None = None,
    price_policy: str = "",
    term_months: int | None = None,
    trial_end: date | None = None,
    trial_outcome: str = "CONVERT",
    renewal: str = "AUTO",
    with_one_time: bool | None = None,
    awaits_activation: bool = False,
    awaits_acceptance: bool = False,
    phases: tuple[Step, ...] = (),
    components: dict[str, Decimal] | None = None,
) -> None:
    """Order an offer; the subscription and its order are called `as`.

    Of a bundle, `components` says how many of an offer for each; its subscriptions are called
    by the name of the bundle and their offer, `home.TV`. `phases` are later states of a ramp: from
    a day `on` another quantity or own prices. A `moment` (2027-04-30 18:00, UTC) may be given
    instead of a day.
    """
    kind = scene.identifiers.get(offer, "")
    item = ItemInput(
        action="ADD",
        offer_version=scene.version(offer),
        quantity=quantity,
        **_when(scene, effective, moment),
        prices=prices or {},
        price_policy=price_policy,
        term_months=term_months,
        trial_end_on=trial_end,
        trial_outcome=trial_outcome,
        renewal=renewal,
        with_one_time=with_one_time,
        awaits_activation=awaits_activation,
        awaits_acceptance=awaits_acceptance,
        identifiers=[IdentifierInput(kind, identifier)] if identifier else [],
        phases=[Phase(one.on, one.quantity, one.prices) for one in phases],
        components=_components(components),
    )
    order = clients.order(scene.account(account), [item], day=scene.day, actor=scene.cast.care)
    scene.orders[as_] = order
    _name(scene, as_, order)


def _components(asked: dict[str, Decimal] | None) -> dict[str, ComponentInput]:
    return {offer: ComponentInput(quantity) for offer, quantity in (asked or {}).items()}


def _name(scene: Scene, name: str, order: Order) -> None:
    """Remember a new subscription by its name, and its components by theirs."""
    whole = order.items.get(seq=1).subscription
    assert whole is not None
    scene.subscriptions[name] = whole
    for part in whole.components.order_by("pk"):
        item = part.items.select_related("offer_version__offer").latest("pk")
        scene.subscriptions[f"{name}.{item.offer_version.offer.code}"] = part


@verb("subscription.change")
def change(
    scene: Scene,
    *,
    subscription: str,
    offer: str = "",
    quantity: Decimal | None = None,
    effective: date | None = None,
    moment: str = "",
    prices: dict[str, Decimal] | None = None,
    with_one_time: bool | None = None,
    components: dict[str, Decimal] | None = None,
    as_: str = "",
) -> None:
    """Change plan, quantity, own price or components of a subscription.

    The order is called `as`.
    """
    _order(
        *(scene, "MODIFY", subscription, effective, moment, as_),
        offer_version=scene.version(offer) if offer else None,
        quantity=quantity,
        prices=prices or {},
        with_one_time=with_one_time,
        components=_components(components),
    )


@verb("subscription.terminate")
def terminate(
    scene: Scene,
    *,
    subscription: str,
    effective: date | None = None,
    moment: str = "",
    rule: str = "ON_DATE",
    waives_fee: bool = False,
    waived_from: date | None = None,
    advance_fate: str = "",
    sets_off: bool = False,
    as_: str = "",
) -> None:
    """End a subscription: `effective` is the first day that is no longer billed (PRO-5).

    By the `rule` PERIOD_END or TERM_END it ends with the period or term that runs on that day.
    `waived_from`, `advance_fate` and `sets_off` say what becomes of what is unbilled, paid in
    advance and open.
    """
    _order(
        *(scene, "TERMINATE", subscription, effective, moment, as_),
        end_rule=rule,
        waives_fee=waives_fee,
        waived_from=waived_from,
        advance_fate=advance_fate,
        sets_off=sets_off,
    )


@verb("subscription.suspend")
def suspend(
    scene: Scene,
    *,
    subscription: str,
    policy: str = "",
    reason: str = "CUSTOMER",
    prices: dict[str, Decimal] | None = None,
    effective: date | None = None,
    moment: str = "",
    as_: str = "",
) -> None:
    """Suspend a subscription; the policy is the offer's unless given (PRO-4)."""
    _order(
        *(scene, "SUSPEND", subscription, effective, moment, as_),
        pause_policy=policy,
        pause_reason=reason,
        prices=prices or {},
    )


@verb("subscription.resume")
def resume(
    scene: Scene,
    *,
    subscription: str,
    effective: date | None = None,
    moment: str = "",
    credits_days: bool = False,
    as_: str = "",
) -> None:
    """Resume a suspended subscription, or reinstate one that has ended.

    `credits_days` gives back the suspended days that were charged on (CHG-12).
    """
    _order(
        *(scene, "RESUME", subscription, effective, moment, as_),
        credits_days=credits_days,
    )


@verb("subscription.renew")
def renew(
    scene: Scene,
    *,
    subscription: str,
    effective: date | None = None,
    term_months: int | None = None,
    uplift: Decimal | None = None,
    prices: dict[str, Decimal] | None = None,
    as_: str = "",
) -> None:
    """Begin a new term, or go on without one; `uplift` 0.05 raises unit prices by 5 %."""
    _order(
        *(scene, "RENEW", subscription, effective, "", as_),
        term_months=term_months,
        uplift=uplift,
        prices=prices or {},
    )


@verb("subscription.transfer")
def transfer(
    scene: Scene, *, subscription: str, to: str, as_: str, effective: date | None = None
) -> None:
    """Hand a subscription to another account; what takes over there is called `as`."""
    target = scene.account(to)
    _order(*(scene, "TRANSFER", subscription, effective, "", as_), target_account=target)
    scene.subscriptions[as_] = Subscription.objects.filter(account=target).latest("id")


@verb("order.cancel")
def cancel(scene: Scene, *, order: str) -> None:
    """Withdraw an order of which nothing has taken effect."""
    customers.operations.cancel_order(
        order=scene.order(order), as_of=scene.day, actor=scene.cast.care
    )


@verb("subscription.keep")
def keep(scene: Scene, *, subscription: str) -> None:
    """Take back an end that has not come: the subscription goes on as if it was never told."""
    customers.operations.withdraw_end(
        subscription=scene.subscription(subscription), as_of=scene.day, actor=scene.cast.care
    )


@verb("subscription.activated")
def activated(scene: Scene, *, subscription: str, effective: date | None = None) -> None:
    """Record that the service works since a day (CHG-7, trigger ACTIVATION)."""
    _record(scene, subscription, effective, customers.operations.record_activation)


@verb("subscription.accepted")
def accepted(scene: Scene, *, subscription: str, effective: date | None = None) -> None:
    """Record that the customer accepted the service on a day (CHG-7, trigger ACCEPTANCE)."""
    _record(scene, subscription, effective, customers.operations.record_acceptance)


def _record(
    scene: Scene, subscription: str, effective: date | None, record: Callable[..., object]
) -> None:
    record(
        subscription=scene.subscription(subscription),
        on_date=effective or scene.day,
        as_of=scene.day,
        actor=scene.cast.care,
    )


def _when(scene: Scene, effective: date | None, moment: str) -> dict[str, Any]:
    """Return the day of an item, or the moment (2027-04-30 18:00, UTC) where one is given."""
    if moment:
        return {"effective_at": datetime.fromisoformat(f"{moment}+00:00")}
    return {"effective_on": effective or scene.day}


def _order(
    scene: Scene,
    action: str,
    subscription: str,
    effective: date | None,
    moment: str,
    as_: str,
    **what: Any,
) -> None:
    """Order one thing for a subscription from a day or moment on; the order is called `as_`."""
    row = scene.subscription(subscription)
    when = _when(scene, effective, moment)
    item = ItemInput(action=action, subscription=row, **when, **what)
    order = clients.order(row.account, [item], day=scene.day, actor=scene.cast.care)
    if as_:
        scene.orders[as_] = order
