"""Bundles as their rules read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from catalog.choices import DiscountLevel, VersionState
from catalog.models import BundleComponent, Charge, OfferVersion, PriceVersion
from catalog.rules.bundles import BundleFacts, PartCharge, PartDiscount, PartFacts

OF_SUBSCRIPTION = (DiscountLevel.CHARGE, DiscountLevel.OFFER)


def components_of(version: OfferVersion) -> list[BundleComponent]:
    """Return what a version is made of, with offers and discounts; empty: it is no bundle."""
    return list(version.components.select_related("offer").prefetch_related("discounts__discount"))


def bundle_facts(
    version: OfferVersion, components: Sequence[BundleComponent], currencies: Sequence[str]
) -> BundleFacts:
    """Return what the checklist asks of a version and its components on its first day of sale."""
    return BundleFacts(
        ssp_weight=version.ssp_weight,
        charges=part_charges(version),
        parts=tuple(_part(one, version, currencies) for one in components),
        currencies=tuple(currencies),
    )


def sold_facts(
    version: OfferVersion, parts: Sequence[tuple[BundleComponent, OfferVersion]]
) -> BundleFacts:
    """Return what decides how the price of a bundle is shared among versions of its components."""
    return BundleFacts(
        ssp_weight=version.ssp_weight,
        charges=part_charges(version),
        parts=tuple(
            PartFacts(one.offer.code, one.treatment, one.ssp_weight, part_charges(sold))
            for one, sold in parts
        ),
    )


def part_charges(version: OfferVersion) -> tuple[PartCharge, ...]:
    """Return the charges of a version as the sharing of a price reads them."""
    charges = version.charges.select_related("product__tax_category", "product__revenue_rule")
    return tuple(part_charge(one) for one in charges)


def part_charge(charge: Charge) -> PartCharge:
    """Return one charge, whose product is read, as the sharing of a price reads it."""
    product = charge.product
    return PartCharge(
        code=charge.code,
        kind=charge.kind,
        model=charge.price_model,
        rhythm=(
            *(charge.timing, charge.period_unit, charge.period_count, charge.alignment),
            *(charge.trigger, charge.proration, charge.granularity),
            *(charge.in_policy, charge.out_policy, charge.change_policy, charge.change_day),
        ),
        tax_category=product.tax_category.code if product.tax_category else "",
        is_distinct=product.revenue_rule.is_distinct if product.revenue_rule else False,
    )


def _part(
    component: BundleComponent, bundle: OfferVersion, currencies: Sequence[str]
) -> PartFacts:
    starts = bundle.sale_window.lower
    sold = list(
        OfferVersion.objects.filter(
            offer=component.offer_id,
            state=VersionState.PUBLISHED,
            sale_window__overlap=bundle.sale_window,
        ).order_by("sale_window")
    )
    first = sold[0] if sold and starts in sold[0].sale_window else None
    return PartFacts(
        offer=component.offer.code,
        treatment=component.treatment,
        ssp_weight=component.ssp_weight,
        charges=part_charges(first) if first else (),
        discounts=tuple(
            PartDiscount(
                code=one.discount.code,
                currency=one.discount.currency,
                is_of_subscription=one.discount.level in OF_SUBSCRIPTION,
                may_be_given=starts in one.discount.valid,
            )
            for one in component.discounts.all()
        ),
        unsold_on=_first_gap(bundle, sold),
        unpriced=tuple(_unpriced(first, currencies, starts)) if first else (),
    )


def _first_gap(bundle: OfferVersion, sold: Sequence[OfferVersion]) -> date | None:
    """Return the first day of the bundle's sale window on which none of the versions is sold."""
    day = bundle.sale_window.lower
    for one in sold:
        if day not in one.sale_window:
            break
        day = one.sale_window.upper
        if day is None:
            return None
    until = bundle.sale_window.upper
    return day if until is None or day < until else None


def _unpriced(
    version: OfferVersion, currencies: Sequence[str], on_date: date
) -> list[tuple[str, str]]:
    """Return the charges of a version, each with a currency in which it has no price on a day."""
    priced = set(
        PriceVersion.objects.filter(
            charge__offer_version=version,
            state__in=(VersionState.PUBLISHED, VersionState.RETIRED),
            pricebook__isnull=True,
            segment="*",
            region="*",
            channel="*",
            currency__in=currencies,
            valid__contains=on_date,
        ).values_list("charge__code", "currency")
    )
    codes = version.charges.order_by("sequence", "code").values_list("code", flat=True)
    return [(code, one) for code in codes for one in currencies if (code, one) not in priced]
