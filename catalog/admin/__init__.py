"""The catalogue in the admin: set-up may be edited, reviewed versions are looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

import catalog.queries
from catalog import operations
from catalog.models import (
    BandPlan,
    Charge,
    GLCode,
    Holiday,
    Offer,
    OfferVersion,
    PriceBook,
    PriceTier,
    PriceVersion,
    Product,
    RevenueRule,
    TimeBand,
    UnitOfMeasure,
    UsageType,
    ZoneFallback,
    ZoneMap,
    ZonePrefix,
)
from catalog.views import words
from foundation.admin import DefinedAdmin, HouseAdmin, ReadOnlyAdmin, ReadOnlyInline


class CodedAdmin(DefinedAdmin):
    """Things named by a code that never changes, defined by the operation of their kind."""

    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes when the thing exists."""
        return ("code",) if obj else ()


@admin.register(UnitOfMeasure)
class UnitOfMeasureAdmin(CodedAdmin):
    """Units of measure."""

    define = operations.define_unit
    list_display = ("code", "name", "dimension", "to_base", "precision")
    list_filter = ("dimension",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes: stored quantities are in the unit."""
        return ("code", "dimension", "to_base") if obj else ()


@admin.register(UsageType)
class UsageTypeAdmin(CodedAdmin):
    """Kinds of usage."""

    define = operations.define_usage_type
    list_display = ("code", "name", "unit", "identifier_type", "aggregate_rule", "is_active")
    list_select_related = ("unit",)
    list_filter = ("identifier_type", "aggregate_rule", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes: stored events follow it."""
        if obj is None:
            return ()
        if catalog.queries.is_sold(obj):
            return UsageType.MEANING
        return ("code", "unit", "identifier_type", "time_attribute")


class ZoneFallbackInline(ReadOnlyInline):
    """To which maps a map falls back, by days."""

    model = ZoneFallback
    fk_name = "zone_map"
    fields = ("turn", "then", "valid")


@admin.register(ZoneMap)
class ZoneMapAdmin(CodedAdmin):
    """Zone maps; their prefixes come from files, their fallbacks from the console."""

    define = operations.define_zone_map
    list_display = ("code", "name", "attribute", "fallback")
    inlines = (ZoneFallbackInline,)


@admin.register(ZonePrefix)
class ZonePrefixAdmin(ReadOnlyAdmin):
    """The prefixes of zone maps, by days; imported."""

    list_display = ("zone_map", "prefix", "zone", "valid")
    list_select_related = ("zone_map",)
    list_filter = ("zone_map",)
    search_fields = ("prefix__startswith", "zone__startswith")


class TimeBandInline(ReadOnlyInline):
    """The bands of a plan."""

    model = TimeBand
    fields = ("code", "days", "starts", "ends", "weight")


class HolidayInline(ReadOnlyInline):
    """The holidays of a plan."""

    model = Holiday
    fields = ("on_date", "name")


@admin.register(BandPlan)
class BandPlanAdmin(CodedAdmin):
    """Plans of time bands with their holidays."""

    define = operations.define_band_plan
    list_display = ("code", "name")
    inlines = (TimeBandInline, HolidayInline)


@admin.register(TimeBand)
class TimeBandAdmin(HouseAdmin):
    """Bands of the week; those of a plan that is sold do not change."""

    list_display = ("plan", "code", "days", "starts", "ends", "weight")
    list_select_related = ("plan",)
    list_filter = ("plan",)
    search_fields = ("code",)


@admin.register(Holiday)
class HolidayAdmin(HouseAdmin):
    """Holidays of plans."""

    list_display = ("plan", "on_date", "name")
    list_select_related = ("plan",)
    list_filter = ("plan",)
    search_fields = ("name",)


@admin.register(GLCode)
class GLCodeAdmin(CodedAdmin):
    """GL codes."""

    define = operations.define_gl_code
    list_display = ("code", "name", "revenue_account")


@admin.register(RevenueRule)
class RevenueRuleAdmin(CodedAdmin):
    """Revenue rules."""

    define = operations.define_revenue_rule
    list_display = ("code", "name", "pattern", "is_distinct", "is_unconditional")
    list_filter = ("pattern",)


@admin.register(Product)
class ProductAdmin(CodedAdmin):
    """Products with what leads them to tax, accounts and revenue."""

    define = operations.define_product
    list_display = (
        "code", "name", "product_type", "family", "tax_category", "gl_code", "revenue_rule",
        "is_active",
    )  # fmt: skip
    list_select_related = ("tax_category", "gl_code", "revenue_rule")
    list_filter = ("product_type", "family", "tax_category", "is_active")


@admin.register(PriceBook)
class PriceBookAdmin(CodedAdmin):
    """Price books and their parents."""

    define = operations.define_price_book
    list_display = ("code", "name", "parent")
    list_select_related = ("parent",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what no longer changes: contracts rely on the chain of books."""
        return ("code", "parent") if obj else ()


class VersionInline(ReadOnlyInline):
    """The versions of an offer."""

    model = OfferVersion
    fields = ("number", "state", "sale_window", "published_at")


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    """Offers; drafted and published from the console's pages."""

    list_display = ("code", "name", "family")
    search_fields = ("code", "name")
    list_filter = ("family",)
    inlines = (VersionInline,)


class ChargeInline(ReadOnlyInline):
    """The charges of a version."""

    model = Charge
    fields = ("reference", "name", "kind", "price_model", "timing")


@admin.register(OfferVersion)
class OfferVersionAdmin(ReadOnlyAdmin):
    """Offer versions with their charges."""

    list_display = ("offer", "number", "state", "sale_window", "published_at")
    list_select_related = ("offer",)
    list_filter = ("state",)
    search_fields = ("offer__code", "offer__name")
    inlines = (ChargeInline,)


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    """Charges with all of their policies."""

    list_display = ("reference", "name", "kind", "price_model", "timing", "product")
    list_select_related = ("product",)
    list_filter = ("kind", "price_model", "timing", "usage_rounding")
    search_fields = ("reference", "name")


class TierInline(ReadOnlyInline):
    """The tiers of a price."""

    model = PriceTier
    fields = ("seq", "upper_inclusive", "unit_price", "flat_amount")
    show_change_link = False


@admin.register(PriceVersion)
class PriceVersionAdmin(ReadOnlyAdmin):
    """Prices with their tiers; drafted, reviewed and published from the console's pages."""

    list_display = (
        "charge", "currency", "pricebook", "segment", "days", "state", "price", "page",
    )  # fmt: skip
    list_select_related = ("charge", "pricebook")
    list_filter = ("state", "currency", "pricebook")
    search_fields = ("charge__reference", "segment")
    inlines = (TierInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceVersion]:
        """Return the prices with their tiers."""
        return super().get_queryset(request).prefetch_related("tiers")

    @admin.display(description="Valid", ordering="valid")
    def days(self, price: PriceVersion) -> str:
        """Write the days."""
        return words.validity(price)

    @admin.display(description="Price")
    def price(self, price: PriceVersion) -> str:
        """Write the price in a few words."""
        return words.headline(price)

    @admin.display(description="Page")
    def page(self, price: PriceVersion) -> str:
        """Lead to the console's page, where its steps are."""
        return format_html('<a href="{}">Open</a>', reverse("catalog:price", args=[price.pk]))
