"""Products, offers and prices over the API."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.serializers import (
    OfferDetailSerializer,
    OfferSerializer,
    PriceSerializer,
    ProductSerializer,
)
from catalog.models import BundleComponent, Charge, Offer, OfferVersion, PriceVersion, Product
from catalog.queries import price_lists
from foundation import clock
from foundation.api import HouseViewSet, Listed, Problem, Retrieved
from foundation.parsing import BadValue, date_text

READ = ["get", "head", "options"]


class ProductViewSet(Listed, Retrieved, HouseViewSet):
    """Products."""

    queryset = Product.objects.select_related("tax_category", "gl_code", "revenue_rule")
    serializer_class = ProductSerializer
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_product",
        "retrieve": "catalog.view_product",
    }
    filterset_fields = ("code", "family", "product_type", "is_active")


class OfferViewSet(Listed, HouseViewSet):
    """Offers; one of them with its versions, charges and prices in force."""

    queryset = Offer.objects.all()
    serializer_class = OfferSerializer
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_offer",
        "retrieve": ("catalog.view_offer", "catalog.view_priceversion"),
    }
    filterset_fields = ("code", "family")
    query_parameters = {"retrieve": ("on_date",)}

    @extend_schema(responses={200: OfferDetailSerializer})
    def retrieve(self, request: Request, pk: str | None = None) -> Response:
        """Return the offer with the prices in force on `on_date` (today)."""
        offer = self.get_object()
        try:
            asked = request.query_params.get("on_date")
            on_date = date_text(asked) if asked else clock.today(ZoneInfo("UTC"))
        except BadValue as bad:
            raise Problem(400, bad.rule, bad.message) from bad
        prices: dict[int, list[PriceVersion]] = {}
        for price in price_lists.prices(offer=offer.code, state="PUBLISHED", on_date=on_date):
            prices.setdefault(price.charge_id, []).append(price)
        full = (
            Offer.objects.filter(pk=offer.pk)
            .prefetch_related(
                Prefetch("versions", OfferVersion.objects.order_by("-number")),
                Prefetch(
                    "versions__charges",
                    Charge.objects.select_related("product", "usage_type").order_by("sequence"),
                ),
                Prefetch("versions__components", BundleComponent.objects.select_related("offer")),
                "versions__components__discounts__discount",
            )
            .get()
        )
        context = {**self.get_serializer_context(), "prices": prices}
        return Response(OfferDetailSerializer(full, context=context).data)


class PriceFilter(django_filters.FilterSet):
    """The filters of prices."""

    charge = django_filters.CharFilter(field_name="charge__reference")
    offer = django_filters.CharFilter(field_name="charge__offer_version__offer__code")
    pricebook = django_filters.CharFilter(field_name="pricebook__code")
    on_date = django_filters.DateFilter(field_name="valid", lookup_expr="contains")

    class Meta:
        """Filters by own columns."""

        model = PriceVersion
        fields = ("currency", "segment", "region", "channel", "state")


class PriceViewSet(Listed, Retrieved, HouseViewSet):
    """Prices with their tiers."""

    serializer_class = PriceSerializer
    queryset = PriceVersion.objects.none()
    http_method_names = READ
    required_permissions = {
        "list": "catalog.view_priceversion",
        "retrieve": "catalog.view_priceversion",
    }
    filterset_class = PriceFilter

    def get_queryset(self) -> QuerySet[Any]:
        """Return prices with what they show."""
        return PriceVersion.objects.select_related("charge", "pricebook").prefetch_related("tiers")
