"""The tables of the catalogue."""

from catalog.models.bundles import BundleComponent, BundleDiscount
from catalog.models.charges import Charge
from catalog.models.discounts import CommitmentSpec, Coupon, DiscountDef, Promotion
from catalog.models.entitlements import EntitlementSpec
from catalog.models.offers import Offer, OfferVersion
from catalog.models.prices import PriceBook, PriceTier, PriceVersion
from catalog.models.products import GLCode, Product, RevenueRule
from catalog.models.telco import BandPlan, Holiday, TimeBand, ZoneFallback, ZoneMap, ZonePrefix
from catalog.models.usage import UnitOfMeasure, UsageType

__all__ = [
    "BandPlan",
    "BundleComponent",
    "BundleDiscount",
    "Charge",
    "CommitmentSpec",
    "Coupon",
    "DiscountDef",
    "EntitlementSpec",
    "GLCode",
    "Holiday",
    "Offer",
    "OfferVersion",
    "PriceBook",
    "PriceTier",
    "PriceVersion",
    "Product",
    "Promotion",
    "RevenueRule",
    "TimeBand",
    "UnitOfMeasure",
    "UsageType",
    "ZoneFallback",
    "ZoneMap",
    "ZonePrefix",
]
