"""Put the offers on the shelf: drafted by one person, approved and published by another."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import catalog.operations
from billing_site.demo.cast import Cast
from billing_site.demo.offers import OFFERS, PRODUCTS
from billing_site.demo.plans import ChargePlan, ComponentPlan, OfferPlan, Price, ProductPlan
from catalog.models import (
    BundleComponent,
    Charge,
    GLCode,
    Offer,
    OfferVersion,
    PriceVersion,
    Product,
    RevenueRule,
    UsageType,
)
from catalog.rules.pricing import Tier
from tax.models import TaxCategory

ON_SALE = date(2026, 7, 1)
UNITS = (
    ("EACH", "Each", "COUNT"),
    ("MIN", "Minute", "TIME"),
    ("HOUR", "Hour", "TIME"),
    ("GB", "Gigabyte", "DATA"),
    ("GBDAY", "Gigabyte-day", "OTHER"),
    ("CALL", "Call", "COUNT"),
    ("MONEY", "Turnover", "MONEY"),
)
USAGE_TYPES = (
    ("VOICE", "Voice call", "MIN", "MSISDN"),
    ("SMS", "Text message", "EACH", "MSISDN"),
    ("DATA", "Mobile data", "GB", "MSISDN"),
    ("COMPUTE", "Compute hours", "HOUR", "TENANT"),
    ("GPU", "GPU hours", "HOUR", "TENANT"),
    ("STORAGE", "Stored data", "GBDAY", "TENANT"),
    ("API", "API calls", "CALL", "TENANT"),
    ("CHECKOUT", "Checkout turnover", "MONEY", "TENANT"),
)
GL_CODES = (
    ("RECURRING", "Recurring charges", "4000"),
    ("USAGE", "Usage", "4100"),
    ("ONE_TIME", "One-time charges", "4200"),
    ("EQUIPMENT", "Equipment", "4300"),
)


def fill(cast: Cast) -> None:
    """Define what prices need, then publish every offer with its prices."""
    define_words()
    define_products(PRODUCTS)
    for offer in OFFERS:
        put_up(offer, cast, starts=ON_SALE)


def define_words() -> None:
    """Define units, kinds of usage, GL codes and revenue rules."""
    units = {
        code: catalog.operations.define_unit(
            code=code,
            name=name,
            dimension=dimension,
            precision=0 if dimension == "COUNT" else 4,
            actor=None,
        )
        for code, name, dimension in UNITS
    }
    for code, name, unit, identifier in USAGE_TYPES:
        catalog.operations.define_usage_type(
            code=code, name=name, unit=units[unit], identifier_type=identifier, actor=None
        )
    for code, name, account in GL_CODES:
        catalog.operations.define_gl_code(
            code=code, name=name, revenue_account=account, actor=None
        )
    for pattern in sorted({product.revenue_rule for product in PRODUCTS}):
        catalog.operations.define_revenue_rule(
            code=pattern, name=pattern.replace("_", " ").capitalize(), pattern=pattern, actor=None
        )


def define_products(plans: Iterable[ProductPlan]) -> None:
    """Define products whose tax category, GL code and revenue rule exist."""
    for product in plans:
        catalog.operations.define_product(
            code=product.code,
            name=product.name,
            product_type=product.kind,
            family=product.family,
            tax_category=TaxCategory.objects.get(code=product.tax_category),
            gl_code=GLCode.objects.get(code=product.gl_code),
            revenue_rule=RevenueRule.objects.get(code=product.revenue_rule),
            actor=None,
        )


def put_up(plan: OfferPlan, cast: Cast, *, starts: date) -> OfferVersion:
    """Draft an offer with its prices, have it approved and publish it, sold from a day on."""
    offer = catalog.operations.create_offer(
        code=plan.code, name=plan.name, family=plan.family, actor=cast.catalog
    )
    return put_up_version(offer, plan, cast, starts=starts)


def put_up_version(offer: Offer, plan: OfferPlan, cast: Cast, *, starts: date) -> OfferVersion:
    """Publish the next version of an offer."""
    version = catalog.operations.draft_version(
        offer=offer,
        starts=starts,
        currencies=sorted({name for one in plan.charges for name in one.prices}),
        actor=cast.catalog,
        **plan.terms,
    )
    for charge_plan in plan.charges:
        charge = _charge(version, charge_plan, cast)
        for currency, price in charge_plan.prices.items():
            draft = draft_price(charge, currency, price, cast, starts=starts)
            publish_price(draft, cast, on_date=starts)
    for one in plan.included:
        catalog.operations.add_entitlement(
            version=version,
            code=one.code,
            name=one.name,
            usage_type=UsageType.objects.get(code=one.usage_type),
            quantity=one.quantity,
            actor=cast.catalog,
            **one.terms,
        )
    for part in plan.components:
        _component(version, part, cast, starts=starts)
    catalog.operations.submit_offer(version_id=version.pk, actor=cast.catalog)
    catalog.operations.approve_offer(version_id=version.pk, actor=cast.approver)
    return catalog.operations.publish_offer(version_id=version.pk, actor=cast.approver)


def _component(
    version: OfferVersion, plan: ComponentPlan, cast: Cast, *, starts: date
) -> BundleComponent:
    """Make an offer on sale a part of a bundle, with a discount of its own where it has one."""
    given = []
    if plan.percent_off is not None:
        given.append(
            catalog.operations.define_discount(
                code=f"{version.offer.code}-{plan.offer}",
                name=f"With {version.offer.name}",
                kind="PERCENT",
                level="OFFER",
                value=plan.percent_off / 100,
                starts=starts,
                actor=None,
            )
        )
    return catalog.operations.add_component(
        version=version,
        offer=Offer.objects.get(code=plan.offer),
        treatment=plan.treatment,
        discounts=given,
        actor=cast.catalog,
        **plan.terms,
    )


def _charge(version: OfferVersion, plan: ChargePlan, cast: Cast) -> Charge:
    usage = UsageType.objects.get(code=plan.usage_type) if plan.usage_type else None
    terms: dict[str, Any] = {
        "timing": plan.timing,
        "period_count": plan.months,
        "usage_rounding": plan.rounding,
        "invoice_section": plan.section,
        **plan.terms,
    }
    return catalog.operations.add_charge(
        version=version,
        product=Product.objects.get(code=plan.product),
        code=plan.code,
        name=plan.name,
        kind=plan.kind,
        price_model=plan.model,
        usage_type=usage,
        actor=cast.catalog,
        **terms,
    )


def draft_price(
    charge: Charge,
    currency: str,
    plan: Price,
    cast: Cast,
    *,
    starts: date,
    ends: date | None = None,
) -> PriceVersion:
    """Draft a price of a charge, valid from a day on."""
    given = {
        "unit_price": plan.unit,
        "flat_amount": plan.flat,
        "percent": plan.percent,
        "free_units": plan.included,
        "package_size": plan.package,
        "min_amount": plan.minimum,
        "max_amount": plan.maximum,
    }
    values: dict[str, Any] = {
        name: Decimal(value) for name, value in given.items() if value is not None
    }
    return catalog.operations.draft_price(
        charge=charge,
        currency=currency,
        starts=starts,
        ends=ends,
        tiers=[
            Tier(
                None if tier.upper is None else Decimal(tier.upper),
                Decimal(tier.unit),
                Decimal(tier.flat),
                tier.cell,
            )
            for tier in plan.tiers
        ],
        actor=cast.catalog,
        **values,
    )


def publish_price(price: PriceVersion, cast: Cast, *, on_date: date) -> None:
    """Send a drafted price through review: one person drafts, another approves."""
    catalog.operations.submit_price(price_id=price.pk, actor=cast.catalog)
    catalog.operations.approve_price(price_id=price.pk, actor=cast.approver)
    catalog.operations.publish_price(price_id=price.pk, on_date=on_date, actor=cast.approver)
