"""What a bundle and its components are on a day, by their orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from catalog.models import BundleComponent, OfferVersion
from catalog.queries.bundles import components_of
from customers.choices import OrderAction, Renewal, SubscriptionState
from customers.models import OrderItem, ServiceIdentifier, Subscription
from customers.operations import replaying
from customers.operations.order_items import IdentifierInput, InvalidItem
from customers.queries.offers import current_item, version_on_sale
from customers.rules.bundles import Change, Held, Wanted, changes
from foundation.errors import Invalid
from foundation.periods import boundary_instant


class Now(NamedTuple):
    """What a subscription has on a day: version, quantity and own prices by charge."""

    version_id: int
    quantity: Decimal
    prices: Mapping[int, Decimal]


def now_of(subscription: Subscription, day: date) -> Now | None:
    """Return what the orders of a subscription come to on a day; None before, after or without."""
    replayed = replaying.replay_of(subscription, replaying.items_in_force(subscription))
    for plan in replayed.history.plans:
        if plan.start <= day and (plan.end is None or day < plan.end):
            step = [one for one in plan.steps if one.on <= day][-1]
            return Now(plan.version_id, step.quantity, step.prices)
    return None


def living(bundle: Subscription, day: date) -> QuerySet[Subscription]:
    """Return the components that a bundle has on a day."""
    return (
        Subscription.objects.filter(bundle=bundle, effective_on__lte=day)
        .filter(Q(end_on__isnull=True) | Q(end_on__gt=day))
        .exclude(state=SubscriptionState.CANCELLED)
    )


def kept_identifiers(component: Subscription, day: date) -> tuple[IdentifierInput, ...]:
    """Return the identifiers of a component that begins anew, to be taken over from itself."""
    at = boundary_instant(day, ZoneInfo(component.account.time_zone))
    rows = ServiceIdentifier.objects.filter(
        service__subscription=component, valid__contains=at
    ).order_by("service_id", "pk")
    return tuple(IdentifierInput(one.type, one.value, str(one.service_id)) for one in rows)


def _treatment(component: BundleComponent) -> tuple[str, ...]:
    codes = sorted(one.discount.code for one in component.discounts.all())
    return (component.treatment, *codes)


def _now_of_bundle(item: OrderItem) -> Now | None:
    """Return what the subscription of an item has on its day, if it is a bundle or becomes one."""
    if item.subscription is None:
        return None
    current = current_item(item.subscription, item.effective_on)
    versions = {item.offer_version_id, current.offer_version_id if current else None}
    is_bundle = (
        BundleComponent.objects.filter(offer_version__in=versions - {None}).exists()
        or Subscription.objects.filter(bundle=item.subscription).exists()
    )
    return now_of(item.subscription, item.effective_on) if is_bundle else None


@dataclass
class Bundle:
    """A bundle after an item of an order, and the components that it has until then.

    `before` and `quantity` are the units of the bundle before and after the item; `now` is what
    the bundle has until then, None of a new one.
    """

    item: OrderItem
    version: OfferVersion
    quantity: Decimal
    before: Decimal
    is_new: bool
    now: Now | None = None
    components: dict[str, BundleComponent] = field(default_factory=dict)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    held_now: dict[str, Now] = field(default_factory=dict)
    coming: dict[str, date] = field(default_factory=dict)
    _sold: dict[str, OfferVersion] = field(default_factory=dict)

    @classmethod
    def after(cls, item: OrderItem) -> Self | None:
        """Return the bundle that an item adds or changes; None where it is about no bundle."""
        if item.action == OrderAction.ADD:
            version, quantity = item.offer_version, item.quantity
            if version is None or quantity is None:
                return None
            found = cls(item, version, quantity, quantity, is_new=True)
        else:
            now = _now_of_bundle(item)
            if now is None:
                return None
            version = item.offer_version or OfferVersion.objects.select_related("offer").get(
                pk=now.version_id
            )
            is_new = item.offer_version is not None and item.offer_version_id != now.version_id
            quantity = item.quantity or now.quantity
            found = cls(item, version, quantity, now.quantity, is_new=is_new, now=now)
            found._read_held()
        found.components = {one.offer.code: one for one in components_of(version)}
        return found if found.components or found.held else None

    def _read_held(self) -> None:
        """Read the components that the bundle has on the day, and those that come later."""
        bundle, day = self.item.subscription, self.item.effective_on
        assert bundle is not None
        assert self.now is not None
        treatments = {
            one.offer_id: _treatment(one)
            for one in BundleComponent.objects.filter(
                offer_version=self.now.version_id
            ).prefetch_related("discounts__discount")
        }
        for one in living(bundle, day).select_related("account").order_by("pk"):
            now = now_of(one, day)
            if now is None:
                continue
            version = OfferVersion.objects.select_related("offer").get(pk=now.version_id)
            code = version.offer.code
            treatment = treatments.get(version.offer_id, ())
            self.subscriptions[one.pk] = one
            self.held[code] = Held(one.pk, code, treatment, now.quantity)
            self.held_now[code] = now
            self._sold[code] = version
        later = Subscription.objects.filter(bundle=bundle, effective_on__gt=day)
        for one in later.exclude(state=SubscriptionState.CANCELLED):
            now = now_of(one, one.effective_on)
            if now is not None:
                version = OfferVersion.objects.select_related("offer").get(pk=now.version_id)
                self.coming[version.offer.code] = one.effective_on

    def plan(self, asked: Mapping[str, Decimal | None]) -> list[Change]:
        """Return what becomes of each component (BND-2)."""
        wanted = [
            Wanted(code, _treatment(one), one.default_quantity, asked.get(code))
            for code, one in self.components.items()
            if code in self.held or code not in self.coming
        ]
        return changes(
            wanted, list(self.held.values()), self.before, self.quantity, is_new=self.is_new
        )

    def sold(self, code: str) -> OfferVersion:
        """Return the version on sale of a component that begins.

        Raises: InvalidItem when there is none.
        """
        day = self.item.order.requested_on
        try:
            return version_on_sale(code=code, on_date=day)
        except Invalid as refused:
            text = refused.message
            raise InvalidItem(self.item.seq, "components", text, rule=refused.rule) from refused

    def version_after(self, change: Change) -> OfferVersion:
        """Return the version that a component has after the item: its own, else that on sale."""
        return self.sold(change.offer) if change.begins else self._sold[change.offer]

    @property
    def ends_by_itself_on(self) -> date | None:
        """Return the day on which the term of the bundle ends it, if it does."""
        bundle = self.item.subscription
        if bundle is None or bundle.term is None or bundle.renewal != Renewal.NONE:
            return None
        end: date = bundle.term.upper
        return end
