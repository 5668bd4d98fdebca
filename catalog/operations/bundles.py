"""What a bundle is made of: added to a draft, frozen with it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from catalog.choices import BundleTreatment, DiscountLevel, VersionState
from catalog.models import BundleComponent, BundleDiscount, DiscountDef, Offer, OfferVersion
from catalog.operations import life
from foundation.errors import Invalid
from foundation.permissions import require


def add_component(
    *,
    version: OfferVersion,
    offer: Offer,
    treatment: BundleTreatment | str,
    min_quantity: Decimal = Decimal(1),
    default_quantity: Decimal | None = None,
    max_quantity: Decimal | None = None,
    ssp_weight: Decimal | None = None,
    discounts: Sequence[DiscountDef] = (),
    actor: User | None,
) -> BundleComponent:
    """Make another offer a part of a draft, so many for each bundle and at what price (P8).

    `default_quantity` is the least one unless given; `ssp_weight` the stand-alone selling price
    of one unit.

    Raises: NotADraft; Invalid; the database refuses an offer that would contain itself.
    """
    require(actor, "catalog.draft_offer")
    default = min_quantity if default_quantity is None else default_quantity
    _require_fit(treatment, min_quantity, default, max_quantity, ssp_weight, discounts)
    with transaction.atomic():
        version = OfferVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        life.require_state(version, VersionState.DRAFT)
        if version.components.filter(offer=offer).exists():
            raise Invalid(f"{offer.code} is a part of the bundle already", rule="P8")
        component = BundleComponent.objects.create(
            offer_version=version,
            offer=offer,
            treatment=treatment,
            min_quantity=min_quantity,
            default_quantity=default,
            max_quantity=max_quantity,
            ssp_weight=ssp_weight,
            created_by=actor,
        )
        for one in discounts:
            BundleDiscount.objects.create(component=component, discount=one, created_by=actor)
    return component


def _require_fit(
    treatment: str,
    least: Decimal,
    default: Decimal,
    most: Decimal | None,
    ssp_weight: Decimal | None,
    discounts: Sequence[DiscountDef],
) -> None:
    """Refuse quantities out of order, a weight of nothing and discounts of what is not discounted.

    Raises: Invalid.
    """
    if treatment not in BundleTreatment.values:
        raise Invalid(f"{treatment!r} is no way to treat a component", rule="P8")
    if not 0 <= least <= default or (most is not None and (most <= 0 or most < default)):
        raise Invalid("the least quantity, the usual one and the most come in order", rule="P8")
    if ssp_weight is not None and ssp_weight <= 0:
        raise Invalid("a stand-alone selling price is more than nothing", rule="P8")
    if discounts and treatment != BundleTreatment.DISCOUNTED:
        raise Invalid("only a discounted component has discounts", rule="DSC-1")
    of_account = (DiscountLevel.ACCOUNT, DiscountLevel.INVOICE)
    for one in discounts:
        if one.level in of_account:
            raise Invalid(f"{one.code} is given to an account, not to a component", rule="DSC-1")


def remove_component(*, component_id: int, actor: User | None) -> None:
    """Take a component, with its discounts, out of a draft."""
    require(actor, "catalog.draft_offer")
    with transaction.atomic():
        component = BundleComponent.objects.select_related("offer_version").get(pk=component_id)
        life.require_state(component.offer_version, VersionState.DRAFT)
        component.discounts.all().delete()
        component.delete()


def weigh_bundle(
    *, version: OfferVersion, ssp_weight: Decimal | None, actor: User | None
) -> OfferVersion:
    """Say what a bundle itself, beside its components, would cost by itself; None: nothing.

    Raises: NotADraft; Invalid.
    """
    require(actor, "catalog.draft_offer")
    if ssp_weight is not None and ssp_weight <= 0:
        raise Invalid("a stand-alone selling price is more than nothing", rule="P8")
    with transaction.atomic():
        version = OfferVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        life.require_state(version, VersionState.DRAFT)
        version.ssp_weight, version.updated_by = ssp_weight, actor
        version.save()
    return version


def copy_components(source: OfferVersion, version: OfferVersion, actor: User | None) -> None:
    """Make the next version of a bundle of what this one is made of."""
    for one in source.components.prefetch_related("discounts__discount").order_by("pk"):
        copied = BundleComponent.objects.create(
            offer_version=version,
            offer_id=one.offer_id,
            treatment=one.treatment,
            min_quantity=one.min_quantity,
            default_quantity=one.default_quantity,
            max_quantity=one.max_quantity,
            ssp_weight=one.ssp_weight,
            created_by=actor,
        )
        for given in one.discounts.all():
            BundleDiscount.objects.create(
                component=copied, discount_id=given.discount_id, created_by=actor
            )
