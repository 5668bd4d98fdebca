"""Orders of bundles: what is ordered for a bundle is ordered for its components with it.

The components of a bundle are subscriptions of their own that belong to it: each has its offer,
its timeline and its lines, and billing reads nothing new. What an item asks of a bundle becomes
items for its components too, kept with the order as parts of that item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from catalog.models import BundleComponent
from customers.choices import EndRule, OrderAction, PausePolicy, Renewal, SubscriptionState
from customers.models import Order, OrderItem, OrderItemDiscount, Subscription
from customers.operations import bundle_prices, discounts, order_items
from customers.operations.bundle_states import Bundle, kept_identifiers, living
from customers.operations.coupons import CannotGrantDiscount
from customers.operations.order_items import ComponentInput, InvalidItem, ItemInput, Phase
from customers.rules.bundles import Change

if TYPE_CHECKING:
    from django.contrib.auth.models import User

WHOLE = frozenset(
    {
        *(OrderAction.SUSPEND, OrderAction.RESUME, OrderAction.RENEW),
        *(OrderAction.TRANSFER, OrderAction.TERMINATE),
    }
)
"""What is done to a bundle as a whole is done to each of its components."""


def record_items(order: Order, items: Sequence[ItemInput], actor: User | None) -> None:
    """Keep the items of a draft as they were asked for, and behind them those of components.

    Raises: InvalidItem.
    """
    recorded, seq = [], 0
    for given in items:
        item, seq = order_items.record_item(order, seq + 1, given, actor)
        recorded.append((item, given))
    recording = _Recording(order, seq, actor)
    for item, given in recorded:
        recording.follow(item, given)


class _Recording:
    """The parts of one order, as they come behind its items."""

    def __init__(self, order: Order, seq: int, actor: User | None) -> None:
        self.order, self.seq, self.actor = order, seq, actor

    def follow(self, item: OrderItem, given: ItemInput) -> None:
        """Keep what an item asks of components; nothing where it is about no bundle (BND-2)."""
        if item.action in WHOLE:
            for one in _touched(item):
                self._part(item, _like(item, given, one))
            return
        if item.subscription is not None and item.subscription.bundle_id and item.offer_version:
            bundle_prices.keep(item, item.subscription, item.offer_version, given)
        bundle = Bundle.after(item)
        if bundle is None:
            if given.components:
                raise InvalidItem(item.seq, "components", "this is no bundle", rule="BND-1")
            return
        _require_known(item, bundle, given)
        plan = bundle.plan({code: one.quantity for code, one in given.components.items()})
        bundle_prices.settle(item, bundle, plan, given)
        for change in plan:
            if change.does_something or item.trial_end_on or change.offer in given.components:
                self._carry(item, given, bundle, change)

    def _carry(self, item: OrderItem, given: ItemInput, bundle: Bundle, change: Change) -> None:
        """Keep the items by which one component ends, begins or changes."""
        asked = given.components.get(change.offer, ComponentInput())
        current = bundle.subscriptions[change.held.key] if change.held else None
        if change.ends:
            reason = f"no part of {bundle.version.offer.code} any more"
            self._part(
                item,
                ItemInput(
                    action=OrderAction.TERMINATE,
                    subscription=current,
                    effective_on=item.effective_on,
                    reason=reason,
                    waives_fee=True,
                ),
            )
        if change.begins:
            if current is not None and not asked.identifiers:
                asked = replace(asked, identifiers=kept_identifiers(current, item.effective_on))
            self._begin(item, given, bundle, change, asked)
        elif not change.ends:
            part = ItemInput(
                action=OrderAction.MODIFY,
                subscription=current,
                effective_on=item.effective_on,
                quantity=change.quantity,
                prices=change.prices,
                identifiers=asked.identifiers,
                trial_end_on=_trial_end(item, current),
            )
            if change.does_something or part.identifiers or part.trial_end_on:
                self._part(item, part)

    def _begin(
        self,
        item: OrderItem,
        given: ItemInput,
        bundle: Bundle,
        change: Change,
        asked: ComponentInput,
    ) -> None:
        component = bundle.components[change.offer]
        part = ItemInput(
            action=OrderAction.ADD,
            offer_version=bundle.sold(change.offer),
            quantity=change.quantity,
            effective_on=item.effective_on,
            with_one_time=item.with_one_time if item.action == OrderAction.ADD else True,
            prices=change.prices,
            identifiers=asked.identifiers,
            phases=[
                Phase(one.on, one.quantity * change.total / bundle.quantity)
                for one in given.phases
                if one.quantity is not None
            ],
            **_terms(item, bundle),
        )
        self._give(self._part(item, part), item, component)

    def _part(self, item: OrderItem, given: ItemInput) -> OrderItem:
        """Keep one item for a component, and behind it what it asks of components in turn."""
        version = given.offer_version
        try:
            part, self.seq = order_items.record_item(
                self.order, self.seq + 1, given, self.actor, part_of=item
            )
            self.follow(part, given)
        except InvalidItem as refused:
            name = version.offer.code if version else str(given.subscription)
            text = f"{name}: {refused.text}"
            raise InvalidItem(item.seq, "components", text, rule=refused.rule) from refused
        return part

    def _give(self, part: OrderItem, item: OrderItem, component: BundleComponent) -> None:
        """Note the discounts that a component has in its bundle, in the account's currency."""
        account = self.order.account
        for one in component.discounts.all():
            if one.discount.currency not in ("", account.currency):
                continue
            try:
                discounts.require_fit(account, one.discount, part.effective_on)
            except CannotGrantDiscount as refused:
                text = f"{component.offer.code}: {refused.message}"
                raise InvalidItem(item.seq, "components", text, rule=refused.rule) from refused
            OrderItemDiscount.objects.create(item=part, discount=one.discount)


def _require_known(item: OrderItem, bundle: Bundle, given: ItemInput) -> None:
    """Refuse components that the bundle has not, or cannot have any more.

    Raises: InvalidItem.
    """
    for code, asked in given.components.items():
        text = ""
        if code not in bundle.components:
            text = f"{code} is no component of {bundle.version.offer.code}"
        elif asked.quantity is not None and asked.quantity < 0:
            text = f"{code}: a quantity is not negative"
        elif code in bundle.coming and asked.quantity:
            text = f"{code} comes to the bundle on {bundle.coming[code]}; withdraw that first"
        if text:
            raise InvalidItem(item.seq, "components", text, rule="BND-1")
    end = bundle.ends_by_itself_on
    if end is not None and any(one.quantity for one in given.components.values()):
        text = f"the bundle ends with its term on {end}; renew it before anything is added"
        raise InvalidItem(item.seq, "components", text, rule="BND-4")


def _touched(item: OrderItem) -> list[Subscription]:
    """Return the components that what is done to their bundle on the day is done to as well.

    Brought back is what ended with the bundle, resumed what was suspended with it.
    """
    bundle, day = item.subscription, item.effective_on
    if bundle is None:
        return []
    paused = Q(pauses__valid__contains=day)
    if item.action == OrderAction.RESUME and bundle.end_on is not None and day >= bundle.end_on:
        rows = Subscription.objects.filter(bundle=bundle, end_on=bundle.end_on)
        return list(rows.exclude(state=SubscriptionState.CANCELLED).order_by("pk"))
    rows = living(bundle, day)
    if item.action == OrderAction.SUSPEND:
        rows = rows.exclude(paused)
    elif item.action == OrderAction.RESUME and bundle.pauses.filter(valid__contains=day).exists():
        rows = rows.filter(paused)
    return list(rows.order_by("pk"))


def _like(item: OrderItem, given: ItemInput, component: Subscription) -> ItemInput:
    """Return what is done to a bundle as an item for one of its components.

    What a bundle is charged less for while it is suspended is its own price; its components are
    free then.
    """
    policy = item.pause_policy
    return replace(
        given,
        subscription=component,
        effective_on=item.effective_on,
        effective_at=None,
        end_rule=EndRule.ON_DATE,
        pause_policy=PausePolicy.STOP if policy == PausePolicy.REDUCE else policy,
        prices={},
        identifiers=(),
        discounts=(),
        components={},
        service_address=None,
        price_policy=item.price_policy if item.action == OrderAction.RENEW else "",
    )


def _terms(item: OrderItem, bundle: Bundle) -> dict[str, Any]:
    """Return the days and terms that a component shares with its bundle."""
    if item.action != OrderAction.ADD:
        return {"trial_end_on": _trial_end_of(item, bundle), "renewal": Renewal.AUTO}
    trial_end = item.trial_end_on
    if trial_end is None and bundle.version.trial_days:
        trial_end = item.effective_on + timedelta(days=bundle.version.trial_days)
    return {
        "trial_end_on": trial_end,
        **{
            name: getattr(item, name)
            for name in (
                *("activation_on", "acceptance_on", "agreed_on", "awaits_activation"),
                *("awaits_acceptance", "trial_outcome", "term_months", "renewal", "price_policy"),
            )
        },
    }


def _trial_end_of(item: OrderItem, bundle: Bundle) -> date | None:
    """Return the end of the trial in which a component comes to its bundle."""
    end = item.trial_end_on or (item.subscription.trial_end_on if item.subscription else None)
    return end if end is not None and end > item.effective_on else None


def _trial_end(item: OrderItem, component: Subscription | None) -> date | None:
    """Return the new end of the trial, of a component that is in one with its bundle."""
    if item.trial_end_on is None or component is None or component.trial_end_on is None:
        return None
    return item.trial_end_on if component.trial_end_on > item.effective_on else None
