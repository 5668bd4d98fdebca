"""Jurisdictions, and what a sale would be taxed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import scope
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    Problem,
    Retrieved,
)
from foundation.money import minor_units
from foundation.parsing import BadValue, currency_text, decimal_text
from tax import queries
from tax.models import Jurisdiction, TaxCategory, TaxRegistration
from tax.rules import TaxableLine, TaxDocument, TaxRateMissing, calculate

MOST_LINES = 500


class JurisdictionSerializer(HouseModelSerializer):
    """A place that taxes."""

    parent = serializers.CharField(  # type: ignore[assignment]  # DRF calls its own link that
        source="parent.code", default=None
    )

    class Meta:
        """Every field by name."""

        model = Jurisdiction
        fields = ("id", "code", "name", "level", "parent", "date_basis", "combine_local")


class JurisdictionViewSet(Listed, Retrieved, HouseViewSet):
    """Jurisdictions."""

    queryset = Jurisdiction.objects.select_related("parent")
    serializer_class = JurisdictionSerializer
    required_permissions = {
        "list": "tax.view_jurisdiction",
        "retrieve": "tax.view_jurisdiction",
    }
    filterset_fields = ("code", "level")
    http_method_names = ["get", "head", "options"]


class SaleLineSerializer(HouseSerializer):
    """One line to tax; the amount is net, or gross when inclusive."""

    key = serializers.CharField(max_length=64)
    amount = serializers.CharField(max_length=40)
    quantity = serializers.CharField(max_length=40, default="1")
    category = serializers.CharField(max_length=32)
    jurisdiction = serializers.CharField(max_length=32)
    tax_date = serializers.DateField()
    inclusive = serializers.BooleanField(default=False)


class EstimateSerializer(HouseSerializer):
    """A sale to tax."""

    entity_id = serializers.IntegerField(min_value=1)
    currency = serializers.CharField(max_length=3)
    customer_kind = serializers.ChoiceField(["CONSUMER", "BUSINESS", "GOVERNMENT", "RESELLER"])
    rounding = serializers.ChoiceField(["LINE", "DOCUMENT"], default="LINE")
    vat_ok = serializers.BooleanField(default=False)
    lines = serializers.ListField(child=SaleLineSerializer(), min_length=1, max_length=MOST_LINES)


class TaxSerializer(HouseSerializer):
    """One tax of a line."""

    jurisdiction = serializers.CharField()
    tax = serializers.CharField()
    category = serializers.CharField()
    rate = serializers.CharField()
    basis = serializers.CharField()
    amount = serializers.CharField()


class TaxedLineSerializer(HouseSerializer):
    """A line with its taxes."""

    key = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()
    taxes = TaxSerializer(many=True)


class EstimateViewSet(HouseViewSet):
    """What a sale would be taxed; nothing is kept."""

    queryset = Jurisdiction.objects.none()
    serializer_class = EstimateSerializer
    own = frozenset({"create"})
    required_permissions = {"create": ("tax.view_taxrate", "tax.view_taxrule")}

    @extend_schema(request=EstimateSerializer, responses={201: TaxedLineSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Run the calculator."""
        data = self.checked(EstimateSerializer)
        try:
            document = _document(data, scope.narrowed(TaxRegistration.objects.all(), request.user))
        except BadValue as bad:
            raise Problem(400, bad.rule, bad.message) from bad
        tables = queries.tables(data["entity_id"])
        try:
            answers = calculate(document, tables)
        except TaxRateMissing as missing:
            raise Problem(409, missing.rule, str(missing)) from missing
        return self.created(
            [
                {
                    "key": answer.key,
                    "net": str(answer.net),
                    "tax": str(answer.tax),
                    "taxes": [
                        {
                            "jurisdiction": tables.jurisdictions[one.jurisdiction_id].code,
                            "tax": tables.types[one.tax_type_id].code,
                            "category": one.category_code,
                            "rate": str(one.rate),
                            "basis": str(one.basis),
                            "amount": str(one.amount),
                        }
                        for one in answer.taxes
                    ],
                }
                for answer in answers
            ]
        )


def _document(data: dict[str, Any], seen: QuerySet[TaxRegistration]) -> TaxDocument:
    """Read the values by the parsers that every door uses."""
    currency = currency_text(data["currency"])
    home = seen.filter(entity_id=data["entity_id"]).order_by("id").first()
    if home is None:
        raise BadValue("TAX-2", f"entity {data['entity_id']} is registered nowhere")
    places = dict(
        Jurisdiction.objects.filter(
            code__in={line["jurisdiction"] for line in data["lines"]}
        ).values_list("code", "id")
    )
    known = set(
        TaxCategory.objects.filter(
            code__in={line["category"] for line in data["lines"]}
        ).values_list("code", flat=True)
    )
    lines = []
    for line in data["lines"]:
        if line["jurisdiction"] not in places:
            raise BadValue("UNKNOWN", f"there is no jurisdiction {line['jurisdiction']!a}")
        if line["category"] not in known:
            raise BadValue("UNKNOWN", f"there is no tax category {line['category']!a}")
        lines.append(
            TaxableLine(
                key=line["key"],
                amount=decimal_text(
                    line["amount"],
                    places=minor_units(currency),
                    minimum=Decimal(-(10**14)),
                    maximum=Decimal(10**14),
                ),
                category=line["category"],
                jurisdiction_id=places[line["jurisdiction"]],
                tax_date=line["tax_date"],
                quantity=decimal_text(line["quantity"], places=8, maximum=Decimal(10**15)),
                inclusive=line["inclusive"],
            )
        )
    seller = queries.tables(data["entity_id"]).stack(home.jurisdiction_id)[0].code
    return TaxDocument(
        data["rounding"], currency, seller, data["customer_kind"], lines, data["vat_ok"]
    )
