"""Contracts with their prices, and exemption certificates, over the API."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Charge, Product
from customers import choices, operations
from customers.models import Account, Contract, ContractPrice, ExemptionCertificate
from foundation.api import HouseModelSerializer, HouseSerializer, HouseViewSet, Listed, Retrieved
from foundation.api.texts import (
    CodeField,
    CurrencyCodeField,
    DecimalTextField,
    LineField,
    NumberedField,
)
from tax.models import Jurisdiction, TaxType


class ContractPriceSerializer(HouseModelSerializer):
    """A price agreed in a contract, for half-open days; `percent_off` is a fraction."""

    charge = serializers.SlugRelatedField(slug_field="reference", read_only=True)  # type: ignore[var-annotated]
    product = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        model = ContractPrice
        fields = [
            *("id", "charge", "product", "currency", "kind", "unit_price", "percent_off"),
            *("valid_from", "valid_to", "in_force"),
        ]


class ContractSerializer(HouseModelSerializer):
    """A contract of an account for half-open days, with the prices agreed in it."""

    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)
    prices = ContractPriceSerializer(many=True, read_only=True)

    class Meta:
        model = Contract
        fields = [
            *("id", "number", "account", "state", "valid_from", "valid_to", "renewal"),
            *("document_reference", "document_hash", "signed_on", "prices"),
        ]


class NewContractSerializer(HouseSerializer):
    """A contract to be drafted; `valid_to` is the first day without it."""

    account = NumberedField(Account.objects.all())
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True)
    number = CodeField(max_length=32, required=False)
    renewal = serializers.ChoiceField(choices=choices.Renewal.choices, required=False)
    document_reference = LineField(max_length=200, required=False, allow_blank=True)
    document_hash = CodeField(max_length=64, required=False)


class NewContractPriceSerializer(HouseSerializer):
    """A price to be agreed: for a charge or a product, a unit price or a fraction off."""

    charge = NumberedField(Charge.objects.all(), by="reference", required=False)
    product = NumberedField(Product.objects.all(), by="code", required=False)
    currency = CurrencyCodeField()
    unit_price = DecimalTextField(
        max_digits=22, decimal_places=10, min_value=Decimal(0), required=False
    )
    percent_off = DecimalTextField(
        max_digits=12, decimal_places=10, min_value=Decimal(0), required=False
    )
    valid_from = serializers.DateField(required=False)
    valid_to = serializers.DateField(required=False, allow_null=True)


class ContractViewSet(Listed, Retrieved, HouseViewSet):
    """Contracts; a second role signs them in the console."""

    queryset = Contract.objects.select_related("account").prefetch_related(
        Prefetch(
            "prices",
            ContractPrice.objects.select_related("charge", "product").order_by("valid", "pk"),
        )
    )
    serializer_class = ContractSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_contract",
        "retrieve": "customers.view_contract",
        "create": "customers.add_contract",
        "prices": "customers.set_contract_price",
    }
    filterset_fields = {"number": ["exact"], "account__number": ["exact"], "state": ["exact"]}

    @extend_schema(request=NewContractSerializer, responses={201: ContractSerializer})
    def create(self, request: Request) -> Response:
        """Draft a contract; it is in force once it is signed."""
        made = operations.draft_contract(**self.checked(NewContractSerializer), actor=self.actor)
        return self.created(self.shown(made))

    @extend_schema(request=NewContractPriceSerializer, responses={201: ContractPriceSerializer})
    @action(detail=True, methods=["post"])
    def prices(self, request: Request, pk: str | None = None) -> Response:
        """Agree a price within the contract's days (PRC-2, PRC-4)."""
        made = operations.set_contract_price(
            contract=self.get_object(),
            **self.checked(NewContractPriceSerializer),
            actor=self.actor,
        )
        return self.created(ContractPriceSerializer(made).data)


class CertificateSerializer(HouseModelSerializer):
    """An exemption certificate; `percent` is the exempt fraction, empty tax type means every."""

    account = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    jurisdiction = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    tax_type = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    valid_from = serializers.DateField(source="valid.lower", read_only=True)
    valid_to = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        model = ExemptionCertificate
        fields = [
            *("id", "number", "account", "jurisdiction", "tax_type", "category_code", "percent"),
            *("valid_from", "valid_to", "flows_down", "document_reference", "state"),
            *("revoked_from", "revoked_reason"),
        ]


class NewCertificateSerializer(HouseSerializer):
    """A certificate to be drafted; nothing is exempt before a second person approved it."""

    account = NumberedField(Account.objects.all())
    number = LineField(max_length=64)
    jurisdiction = NumberedField(Jurisdiction.objects.all(), by="code")
    tax_type = NumberedField(TaxType.objects.all(), by="code", required=False)
    category_code = CodeField(max_length=32, required=False)
    percent = DecimalTextField(
        max_digits=12, decimal_places=10, min_value=Decimal(0), required=False
    )
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True)
    flows_down = serializers.BooleanField(required=False, default=False)
    document_reference = LineField(max_length=200, required=False, allow_blank=True)


class RevocationSerializer(HouseSerializer):
    """From which day an approved certificate holds no more, and why."""

    revoked_from = serializers.DateField(help_text="Documents dated this day or later are taxed.")
    reason = LineField(max_length=300)


class CertificateViewSet(Listed, Retrieved, HouseViewSet):
    """Exemption certificates; they are approved in the console by a second person (TAX-6)."""

    queryset = ExemptionCertificate.objects.select_related("account", "jurisdiction", "tax_type")
    serializer_class = CertificateSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_exemptioncertificate",
        "retrieve": "customers.view_exemptioncertificate",
        "create": "customers.add_exemptioncertificate",
        "request_approval": "customers.request_certificate",
        "revoke": "customers.approve_certificate",
    }
    filterset_fields = {
        "number": ["exact"],
        "account__number": ["exact"],
        "jurisdiction__code": ["exact"],
        "state": ["exact"],
    }

    @extend_schema(request=NewCertificateSerializer, responses={201: CertificateSerializer})
    def create(self, request: Request) -> Response:
        """Draft a certificate."""
        made = operations.draft_certificate(
            **self.checked(NewCertificateSerializer), actor=self.actor
        )
        return self.created(self.shown(made))

    @extend_schema(request=None, responses={200: CertificateSerializer})
    @action(detail=True, methods=["post"], url_path="request")
    def request_approval(self, request: Request, pk: str | None = None) -> Response:
        """Send a draft for approval; its content is kept from here on."""
        row = operations.request_certificate(certificate=self.get_object(), requester=self.actor)
        return Response(self.shown(row))

    @extend_schema(request=RevocationSerializer, responses={200: CertificateSerializer})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str | None = None) -> Response:
        """Revoke an approved certificate from a day on; what was posted keeps its tax."""
        row = operations.revoke_certificate(
            certificate=self.get_object(), **self.checked(RevocationSerializer), actor=self.actor
        )
        return Response(self.shown(row))
