"""Discounts, promotions and coupons over the API; who was given what stands with the accounts."""

from __future__ import annotations

import django_filters
from rest_framework import serializers

from catalog.models import Coupon, DiscountDef, Promotion
from foundation.api import HouseModelSerializer, HouseViewSet, Listed, MoneyField, Retrieved

READ = ["get", "head", "options"]


class DiscountSerializer(HouseModelSerializer):
    """What a discount takes off; `valid_to` is the first day on which it is not given."""

    charge = serializers.SlugRelatedField(slug_field="reference", read_only=True)  # type: ignore[var-annotated]
    offer = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    product = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    max_amount = MoneyField(allow_null=True)
    budget = MoneyField(allow_null=True)
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        """Every field by name."""

        model = DiscountDef
        fields = (
            "id", "code", "name", "kind", "level", "value", "volume_steps", "currency", "method",
            "priority", "stack_group", "is_exclusive", "max_amount", "periods", "counts_stub",
            "prorates", "carries_forward", "needs_approval", "budget", "charge", "offer",
            "product", "charge_kind", "section", "valid_from", "valid_to",
        )  # fmt: skip


class PromotionSerializer(HouseModelSerializer):
    """A promotion with its discount; `runs_to` is the first day without it."""

    discount = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    runs_from = serializers.DateField(source="window.lower", read_only=True)
    runs_to = serializers.DateField(source="window.upper", read_only=True)

    class Meta:
        """Every field by name."""

        model = Promotion
        fields = (
            "id", "code", "name", "discount", "runs_from", "runs_to", "needs_coupon", "is_stopped",
        )  # fmt: skip


class CouponSerializer(HouseModelSerializer):
    """A coupon and how often it was used; `left` null is any number."""

    promotion = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    usable_from = serializers.DateField(source="window.lower", default=None, read_only=True)
    usable_to = serializers.DateField(source="window.upper", default=None, read_only=True)
    left = serializers.IntegerField(allow_null=True, read_only=True)

    class Meta:
        """Every field by name."""

        model = Coupon
        fields = (
            "id", "code", "promotion", "usable_from", "usable_to", "max_uses", "max_per_account",
            "used", "left",
        )  # fmt: skip


class DiscountFilter(django_filters.FilterSet):
    """The filters of discounts."""

    on_date = django_filters.DateFilter(field_name="valid", lookup_expr="contains")

    class Meta:
        """Filters by own columns."""

        model = DiscountDef
        fields = ("code", "kind", "level", "currency", "needs_approval")


class DiscountViewSet(Listed, Retrieved, HouseViewSet):
    """Discounts, whoever may be given them."""

    queryset = DiscountDef.objects.select_related("charge", "offer", "product")
    serializer_class = DiscountSerializer
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_discountdef",
        "retrieve": "catalog.view_discountdef",
    }
    filterset_class = DiscountFilter


class PromotionFilter(django_filters.FilterSet):
    """The filters of promotions."""

    discount = django_filters.CharFilter(field_name="discount__code")
    on_date = django_filters.DateFilter(field_name="window", lookup_expr="contains")

    class Meta:
        """Filters by own columns."""

        model = Promotion
        fields = ("code", "needs_coupon", "is_stopped")


class PromotionViewSet(Listed, Retrieved, HouseViewSet):
    """Promotions: discounts that are offered for some days."""

    queryset = Promotion.objects.select_related("discount")
    serializer_class = PromotionSerializer
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_promotion",
        "retrieve": "catalog.view_promotion",
    }
    filterset_class = PromotionFilter


class CouponFilter(django_filters.FilterSet):
    """The filters of coupons."""

    promotion = django_filters.CharFilter(field_name="promotion__code")

    class Meta:
        """Filters by own columns."""

        model = Coupon
        fields = ("code",)


class CouponViewSet(Listed, Retrieved, HouseViewSet):
    """Coupons; `coupon-redemptions` uses one."""

    queryset = Coupon.objects.select_related("promotion")
    serializer_class = CouponSerializer
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_coupon",
        "retrieve": "catalog.view_coupon",
    }
    filterset_class = CouponFilter
