"""Documents and credit requests for machines."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api import (
    HouseModelSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from invoicing import operations
from invoicing.models import Invoice, InvoiceLine, TaxTotal

VIEW = "invoicing.view_invoice"


class LineSerializer(HouseModelSerializer):
    """A line: what, for whom, for which days, how much."""

    net = MoneyField(read_only=True)
    tax = MoneyField(read_only=True)

    class Meta:
        model = InvoiceLine
        fields = (
            "id", "seq", "section", "account_id", "text", "service_start", "service_end",
            "quantity", "uom", "unit_price", "net", "tax", "tax_category", "gl_code",
            "price_version_id", "original_line",
        )  # fmt: skip
        read_only_fields = fields


class TaxTotalSerializer(HouseModelSerializer):
    """The taxes of a document, by place, tax, category and rate."""

    basis = MoneyField(read_only=True)
    amount = MoneyField(read_only=True)

    class Meta:
        model = TaxTotal
        fields = (
            "jurisdiction_id",
            "tax_type_id",
            "category",
            "rate",
            "basis",
            "amount",
            "reason",
        )
        read_only_fields = fields


class InvoiceSerializer(HouseModelSerializer):
    """A document's head; amounts of every type are positive (INV-3)."""

    payer = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    entity = serializers.SlugRelatedField(slug_field="code", read_only=True)  # type: ignore[var-annotated]
    net = MoneyField(read_only=True)
    tax = MoneyField(read_only=True)
    total = MoneyField(read_only=True)
    payable = MoneyField(read_only=True)

    class Meta:
        model = Invoice
        fields = (
            "id", "number", "doc_type", "origin", "state", "entity", "payer", "invoice_date",
            "due_date", "period_start", "period_end", "net", "tax", "total", "payable", "currency",
            "refers_to", "reason", "po_number",
        )  # fmt: skip
        read_only_fields = fields


class InvoiceDetailSerializer(InvoiceSerializer):
    """A document with its lines and taxes."""

    lines = LineSerializer(many=True, read_only=True)
    tax_totals = TaxTotalSerializer(many=True, read_only=True)

    class Meta(InvoiceSerializer.Meta):
        fields = (*InvoiceSerializer.Meta.fields, "lines", "tax_totals")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class InvoiceViewSet(Listed, Retrieved, HouseViewSet):
    """Invoices and memos, and their paper form."""

    queryset = Invoice.objects.select_related("payer", "entity")
    serializer_class = InvoiceSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW, "pdf": VIEW}
    filterset_fields = {
        "number": ["exact"],
        "payer__number": ["exact"],
        "doc_type": ["exact"],
        "state": ["exact"],
        "entity__code": ["exact"],
        "invoice_date": ["exact", "gte", "lte"],
        "run_id": ["exact"],
    }

    @extend_schema(responses={200: InvoiceDetailSerializer})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a document with its lines and taxes."""
        return Response(InvoiceDetailSerializer(self.get_object()).data)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: Any = None) -> HttpResponse:
        """Return the paper form of a posted document, the same bytes at every call."""
        document = self.get_object()
        artifact = operations.pdf_of(invoice_id=document.pk)
        response = HttpResponse(bytes(artifact.content), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{document.number}.pdf"'
        return response
