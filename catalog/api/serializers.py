"""How the catalogue reads over the API: amounts are strings, ends are exclusive."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import (
    BundleComponent,
    Charge,
    Offer,
    OfferVersion,
    PriceTier,
    PriceVersion,
    Product,
)
from foundation.api import HouseModelSerializer, MoneyField


class ProductSerializer(HouseModelSerializer):
    """A product."""

    tax_category = serializers.CharField(source="tax_category.code", default=None)
    gl_code = serializers.CharField(source="gl_code.code", default=None)
    revenue_rule = serializers.CharField(source="revenue_rule.code", default=None)

    class Meta:
        """Every field by name."""

        model = Product
        fields = (
            "id", "code", "name", "family", "product_type", "tax_category", "gl_code",
            "revenue_rule", "is_active",
        )  # fmt: skip


class TierSerializer(HouseModelSerializer):
    """One tier, or one cell of a matrix; `upper_inclusive` null has no end."""

    class Meta:
        """Every field by name."""

        model = PriceTier
        fields = ("seq", "upper_inclusive", "cell", "unit_price", "flat_amount")


class PriceSerializer(HouseModelSerializer):
    """A price with its tiers; `valid_to` is the first day without it."""

    charge = serializers.CharField(source="charge.reference")
    model = serializers.CharField(source="charge.price_model")
    pricebook = serializers.CharField(source="pricebook.code", default=None)
    valid_from = serializers.DateField(source="valid.lower")
    valid_to = serializers.DateField(source="valid.upper", allow_null=True)
    flat_amount = MoneyField()
    min_amount = MoneyField(allow_null=True)
    max_amount = MoneyField(allow_null=True)
    free_amount = MoneyField()
    tiers = TierSerializer(many=True)

    class Meta:
        """Every field by name."""

        model = PriceVersion
        fields = (
            "id", "charge", "model", "pricebook", "currency", "segment", "region", "channel",
            "attribute_key", "valid_from", "valid_to", "state", "unit_price", "flat_amount",
            "percent", "min_amount", "max_amount", "package_size", "free_units", "event_fee",
            "event_min", "event_max", "free_events", "free_amount", "tax_inclusive", "tiers",
        )  # fmt: skip


class ChargeSerializer(HouseModelSerializer):
    """A charge with its prices in force on the day asked for."""

    product = serializers.CharField(source="product.code")
    usage_type = serializers.CharField(source="usage_type.code", default=None)
    thresholds = serializers.DictField(
        child=serializers.CharField(),
        help_text="By currency: usage worth that much is billed at once (timing THRESHOLD).",
    )
    prices = serializers.SerializerMethodField()

    class Meta:
        """Every field by name."""

        model = Charge
        fields = (
            "id", "reference", "code", "name", "product", "kind", "timing", "thresholds",
            "period_unit", "period_count", "alignment", "price_model", "payer_price",
            "usage_type", "prices",
        )  # fmt: skip

    @extend_schema_field(PriceSerializer(many=True))
    def get_prices(self, charge: Charge) -> Any:
        """Return the prices that the view has found for the charge."""
        found = self.context.get("prices", {}).get(charge.pk, [])
        return PriceSerializer(found, many=True).data


class ComponentSerializer(HouseModelSerializer):
    """An offer that comes with each bundle, so many of it, and what it costs there."""

    offer = serializers.CharField(source="offer.code")
    discounts = serializers.SerializerMethodField()

    class Meta:
        """Every field by name."""

        model = BundleComponent
        fields = (
            "offer", "treatment", "min_quantity", "default_quantity", "max_quantity",
            "ssp_weight", "discounts",
        )  # fmt: skip

    def get_discounts(self, component: BundleComponent) -> list[str]:
        """Return the codes of the discounts that the component is given."""
        return [one.discount.code for one in component.discounts.all()]


class VersionSerializer(HouseModelSerializer):
    """An offer version with its charges and components; `sale_until` is the first day off sale."""

    sale_from = serializers.DateField(source="sale_window.lower")
    sale_until = serializers.DateField(source="sale_window.upper", allow_null=True)
    charges = ChargeSerializer(many=True)
    components = ComponentSerializer(many=True)

    class Meta:
        """Every field by name."""

        model = OfferVersion
        fields = (
            "id", "number", "state", "sale_from", "sale_until", "currencies", "terms_months",
            "notice_days", "trial_days", "min_quantity", "max_quantity", "charges",
            "components", "ssp_weight",
        )  # fmt: skip


class OfferSerializer(HouseModelSerializer):
    """An offer."""

    class Meta:
        """Every field by name."""

        model = Offer
        fields = ("id", "code", "name", "family", "description")


class OfferDetailSerializer(OfferSerializer):
    """An offer with its versions, newest first."""

    versions = VersionSerializer(many=True)

    class Meta(OfferSerializer.Meta):
        """Every field by name."""

        fields = (*OfferSerializer.Meta.fields, "versions")  # type: ignore[assignment]
