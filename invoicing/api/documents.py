"""Documents and credit requests for machines."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import invoicing.queries
from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from foundation.errors import Invalid
from invoicing import operations
from invoicing.choices import CreditScope
from invoicing.models import CreditRequest, Invoice, InvoiceLine, TaxTotal

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


class CreditSerializer(HouseModelSerializer):
    """A credit that was asked for, and the memo it led to."""

    invoice = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    credit_note = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    amount = MoneyField(read_only=True)

    class Meta:
        model = CreditRequest
        fields = (
            "id", "invoice", "scope", "amount", "reason_code", "comment", "state", "credit_note",
        )  # fmt: skip
        read_only_fields = fields


class CreditLineSerializer(HouseSerializer):
    """How much of one line to credit, net."""

    line = serializers.IntegerField()
    net = MoneyField()


class NewCreditSerializer(HouseSerializer):
    """A credit to ask for: whole, by line, or an amount."""

    invoice = serializers.IntegerField(help_text="Id of the document.")
    scope = serializers.ChoiceField(choices=CreditScope.choices)
    amount = MoneyField(required=False)
    lines = CreditLineSerializer(many=True, required=False)
    reason_code = serializers.CharField(max_length=32)
    comment = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class GrantSerializer(HouseSerializer):
    """The date of the memo; today where it is left out."""

    on_date = serializers.DateField(required=False)


class CreditMemoViewSet(Listed, Retrieved, HouseViewSet):
    """Credits: asked for by one, granted by another, issued as credit memos."""

    queryset = CreditRequest.objects.select_related("invoice__entity", "credit_note")
    serializer_class = CreditSerializer
    required_permissions = {
        "list": "invoicing.view_creditrequest",
        "retrieve": "invoicing.view_creditrequest",
        "create": "invoicing.request_credit",
        "grant": "invoicing.approve_credit",
    }
    filterset_fields = {"state": ["exact"], "invoice__number": ["exact"]}

    @extend_schema(request=NewCreditSerializer, responses={201: CreditSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a credit (ADJ-1)."""
        data = self.checked(NewCreditSerializer)
        invoice = Invoice.objects.filter(pk=data["invoice"]).first()
        if invoice is None:
            raise Invalid("there is no such document", rule="ADJ-1")
        given = [one["net"] for one in data.get("lines", ())]
        if data.get("amount") is not None:
            given.append(data["amount"])
        if any(one.currency != invoice.currency for one in given):
            raise Invalid(f"the document is in {invoice.currency}", rule="ADJ-1")
        asked = operations.request_credit(
            invoice_id=invoice.pk,
            scope=data["scope"],
            reason_code=data["reason_code"],
            comment=data["comment"],
            lines={one["line"]: one["net"].amount for one in data.get("lines", ())},
            amount=data["amount"].amount if data.get("amount") is not None else None,
            requester=cast(User, request.user),
        )
        return self.created(dict(CreditSerializer(asked).data))

    @extend_schema(request=GrantSerializer, responses={200: InvoiceDetailSerializer})
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, pk: Any = None) -> Response:
        """Grant a credit that somebody else asked for; return the memo."""
        asked = self.get_object()
        data = self.checked(GrantSerializer)
        zone = ZoneInfo(asked.invoice.entity.time_zone)
        on_date: date = data.get("on_date") or clock.today(zone)
        note = operations.grant_credit(
            request_id=asked.pk, approver=cast(User, request.user), on_date=on_date
        )
        shown = invoicing.queries.documents().get(pk=note.pk)
        return Response(InvoiceDetailSerializer(shown).data)
