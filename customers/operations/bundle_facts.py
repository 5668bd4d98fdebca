"""What the gate of completeness asks about the bundles of an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from customers.choices import OrderAction, SubscriptionState
from customers.models import Order, OrderItem, Subscription
from customers.operations.bundle_states import Bundle
from customers.queries.offers import current_item
from customers.rules.bundles import (
    QUANTITY_PLACES,
    Alone,
    BundleFacts,
    LeftOut,
    PartFacts,
    missing_in_bundles,
    told_of_bundles,
)
from customers.rules.completeness import Missing
from customers.rules.component_words import ComponentWords
from foundation.money import ZERO, round_places

COMPOSED = frozenset({OrderAction.ADD, OrderAction.MODIFY})
ENDS = frozenset({OrderAction.TERMINATE, OrderAction.TRANSFER})


def with_bundles(order: Order, found: Sequence[Missing]) -> list[Missing]:
    """Return what is missing with what bundles miss, each thing at the item that a clerk wrote."""
    items = list(
        OrderItem.objects.filter(order=order)
        .select_related("order", "offer_version__offer", "subscription__bundle")
        .order_by("seq")
    )
    parts = [one for one in items if one.part_of_id is not None]
    whole = [one for one in items if one.phase_of_id is None]
    told = list(told_of_bundles(found, dict(_written(items))) if parts else found)
    return [*told, *missing_in_bundles(_bundles(whole, parts), _alone(whole))]


def _written(items: Sequence[OrderItem]) -> Iterator[tuple[int, tuple[int, str]]]:
    """Give the place of what follows an item of a bundle, that of the item, and what it is for."""
    by_key = {one.pk: one for one in items}
    for one in items:
        part = by_key[one.phase_of_id] if one.phase_of_id else one
        if part.part_of_id is None:
            continue
        name = part.offer_version.offer.code if part.offer_version else str(part.subscription)
        top = part
        while top.part_of_id is not None:
            top = by_key[top.part_of_id]
        yield one.seq, (top.seq, name)


def _bundles(items: Sequence[OrderItem], parts: Sequence[OrderItem]) -> Iterator[BundleFacts]:
    for item in items:
        mine = [one for one in parts if one.part_of_id == item.pk]
        if item.action in ENDS and item.subscription is not None:
            left = tuple(_left_out(item, mine))
            if left:
                yield BundleFacts(item.seq, item.effective_on, left_out=left)
        elif item.action in COMPOSED:
            bundle = Bundle.after(item)
            if bundle is not None:
                facts = tuple(_facts(bundle, mine))
                yield BundleFacts(item.seq, item.effective_on, bundle.quantity, facts)


def _facts(bundle: Bundle, parts: Sequence[OrderItem]) -> Iterator[PartFacts]:
    """Give each component with its bounds, and how many there are after the order."""
    for code, component in bundle.components.items():
        if code in bundle.coming:
            continue
        held = bundle.held.get(code)
        total = held.quantity if held else ZERO
        for part in parts:
            offer = part.offer_version.offer.code if part.offer_version else None
            is_held = held is not None and part.subscription_id == held.key
            if part.action == OrderAction.TERMINATE and is_held:
                total = ZERO
            elif (offer == code or is_held) and part.quantity is not None:
                total = part.quantity
        yield PartFacts(code, component.min_quantity, component.max_quantity, total)


def asked_components(item: OrderItem) -> list[ComponentWords]:
    """Return what a draft's item asks of the components of its bundle, as it would be written."""
    bundle = Bundle.after(item) if item.action in COMPOSED else None
    if bundle is None:
        return []
    parts = list(
        OrderItem.objects.filter(part_of=item)
        .select_related("offer_version__offer")
        .prefetch_related("identifiers")
        .order_by("seq")
    )
    found = []
    for facts in _facts(bundle, parts):
        held = bundle.held.get(facts.offer)
        mine = [
            one
            for one in parts
            if (held is not None and one.subscription_id == held.key)
            or (one.offer_version is not None and one.offer_version.offer.code == facts.offer)
        ]
        if mine or item.action == OrderAction.ADD:
            identifiers = [(row.type, row.value) for one in mine for row in one.identifiers.all()]
            quantity = round_places(facts.total / bundle.quantity, QUANTITY_PLACES)
            found.append(ComponentWords(facts.offer, quantity, tuple(identifiers)))
    return found


def _left_out(item: OrderItem, parts: Sequence[OrderItem]) -> Iterator[LeftOut]:
    """Give the components that would outlive their bundle, which ends on the day of the item."""
    taken = [one.subscription_id for one in parts if one.subscription_id is not None]
    rows = Subscription.objects.filter(bundle=item.subscription).exclude(pk__in=taken)
    for one in rows.exclude(state=SubscriptionState.CANCELLED).order_by("pk"):
        if one.end_on is None or one.end_on > item.effective_on:
            yield LeftOut(one.number, one.effective_on)


def _alone(items: Sequence[OrderItem]) -> Iterator[Alone]:
    """Give what would change a component by itself.

    Its identifiers, the end of its trial and another version of its offer may.
    """
    for item in items:
        one = item.subscription
        if one is None or one.bundle is None or item.part_of_id is not None:
            continue
        if item.action != OrderAction.MODIFY or item.quantity or _is_other(item, one):
            yield Alone(item.seq, one.number, one.bundle.number)


def _is_other(item: OrderItem, component: Subscription) -> bool:
    """Tell whether an item gives a component another offer, or a price of its own."""
    if item.offer_version is None:
        return item.prices.exists()
    current = current_item(component, item.effective_on)
    return current is None or current.offer_version.offer_id != item.offer_version.offer_id
