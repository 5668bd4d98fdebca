"""What a subscription is in its bundle, and what a bundle has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery

from catalog.choices import BundleTreatment
from catalog.models import BundleComponent
from customers.models import Subscription, SubscriptionItem
from customers.queries.offers import current_item


@dataclass(frozen=True, slots=True)
class InBundle:
    """A component as it is treated in its bundle on a day; "" where the bundle has it no more."""

    bundle: Subscription
    offer: str
    treatment: str

    def __str__(self) -> str:
        """Say how its price comes about."""
        words = {
            BundleTreatment.INCLUDED: "Included in the price of",
            BundleTreatment.DISCOUNTED: "Discounted as a part of",
            BundleTreatment.LIST: "At its own price, a part of",
        }
        how = words.get(BundleTreatment(self.treatment)) if self.treatment else "A part of"
        return f"{how} {self.offer}, {self.bundle.number}"


def in_bundle(*, subscription: Subscription, on_date: date) -> InBundle | None:
    """Return what a subscription is in its bundle on a day; None where it is in none."""
    if subscription.bundle_id is None:
        return None
    bundle = Subscription.objects.get(pk=subscription.bundle_id)
    whole, mine = current_item(bundle, on_date), current_item(subscription, on_date)
    if whole is None:
        return InBundle(bundle, "a bundle", "")
    component = None
    if mine is not None:
        component = BundleComponent.objects.filter(
            offer_version=whole.offer_version_id, offer=mine.offer_version.offer_id
        ).first()
    treatment = component.treatment if component is not None else ""
    return InBundle(bundle, whole.offer_version.offer.code, treatment)


def components(bundle: Subscription) -> QuerySet[Subscription]:
    """Return all components of a bundle, each with the name of its `offer` and its `quantity`."""
    last = SubscriptionItem.objects.filter(subscription=OuterRef("pk")).order_by("-pk")
    return (
        Subscription.objects.filter(bundle=bundle)
        .annotate(
            offer=Subquery(last.values("offer_version__offer__name")[:1]),
            quantity=Subquery(last.values("quantity")[:1]),
        )
        .order_by("pk")
    )
