"""Payments, receipts and tenders for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api import HouseViewSet, Listed, Retrieved
from foundation.errors import Invalid
from payments import operations
from payments.api.serializers import (
    ApplySerializer,
    IdentifySerializer,
    NewPaymentSerializer,
    PaymentSerializer,
    ReceiptSerializer,
    ReverseSerializer,
    TenderTypeSerializer,
)
from payments.choices import ReversalKind
from payments.models import Payment, TenderType, UnidentifiedReceipt
from receivables.rules.allocation import Advice

VIEW = "payments.view_payment"


def advice(lines: Sequence[dict[str, Any]], currency: str) -> list[Advice]:
    """Read advice lines; an amount is in the payment's currency (AR-8)."""
    found = []
    for line in lines:
        amount = line.get("amount")
        if amount is not None and amount.currency != currency:
            raise Invalid(f"{line['number']} is advised in {amount.currency}", rule="AR-8")
        found.append(Advice(line["number"], amount.amount if amount is not None else None))
    return found


class PaymentViewSet(Listed, Retrieved, HouseViewSet):
    """Payments: record, apply, reverse."""

    queryset = (
        Payment.objects.with_unapplied().select_related("tender").prefetch_related("remittance")
    )
    serializer_class = PaymentSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": "payments.record_payment",
        "apply": "receivables.allocate",
        "reverse": "payments.reverse_payment",
    }
    filterset_fields = {
        "payer": ["exact"],
        "number": ["exact"],
        "external_id": ["exact"],
        "state": ["exact"],
        "received_on": ["exact", "gte", "lte"],
        "batch": ["exact"],
    }

    @extend_schema(request=NewPaymentSerializer, responses={201: PaymentSerializer})
    def create(self, request: Request) -> Response:
        """Record a payment and settle what it is for, or else the oldest debts (J13, AR-2)."""
        data = self.checked(NewPaymentSerializer)
        amount = data.pop("amount")
        data["remittance"] = advice(data["remittance"], amount.currency)
        payment = operations.record_payment(
            amount=amount.amount,
            currency=amount.currency,
            actor=cast(User, request.user),
            as_of=clock.now(),
            **data,
        )
        return self.created(self.shown(payment))

    @extend_schema(request=ApplySerializer, responses={200: PaymentSerializer})
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: Any = None) -> Response:
        """Settle debts with what is unapplied (AR-2)."""
        payment = self.get_object()
        data = self.checked(ApplySerializer)
        operations.apply_unapplied(
            payment_id=payment.pk,
            on_date=data["on_date"],
            remittance=advice(data["remittance"], payment.currency),
            actor=cast(User, request.user),
        )
        return Response(self.shown(payment))

    @extend_schema(request=ReverseSerializer, responses={200: PaymentSerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: Any = None) -> Response:
        """Take the whole payment back (J17)."""
        payment = self.get_object()
        data = self.checked(ReverseSerializer)
        operations.reverse_payment(
            payment_id=payment.pk,
            kind=ReversalKind(data["kind"]),
            reversed_on=data["reversed_on"],
            reason=data["reason"],
            actor=cast(User, request.user),
        )
        return Response(self.shown(payment))


class ReceiptViewSet(Listed, Retrieved, HouseViewSet):
    """Money without an owner."""

    queryset = UnidentifiedReceipt.objects.select_related("tender")
    serializer_class = ReceiptSerializer
    required_permissions = {
        "list": "payments.view_unidentifiedreceipt",
        "retrieve": "payments.view_unidentifiedreceipt",
        "identify": "payments.record_payment",
    }
    filterset_fields = ("state", "entity", "next_step", "external_id")

    @extend_schema(request=IdentifySerializer, responses={201: PaymentSerializer})
    @action(detail=True, methods=["post"])
    def identify(self, request: Request, pk: Any = None) -> Response:
        """Name the owner: the receipt becomes a payment (J14)."""
        receipt = self.get_object()
        data = self.checked(IdentifySerializer)
        payment = operations.identify_receipt(
            receipt_id=receipt.pk,
            payer=data["payer"],
            identified_on=data["identified_on"],
            remittance=advice(data["remittance"], receipt.currency),
            actor=cast(User, request.user),
        )
        shown = Payment.objects.with_unapplied().get(pk=payment.pk)
        return self.created(PaymentSerializer(shown).data)


class TenderTypeViewSet(Listed, Retrieved, HouseViewSet):
    """The kinds of tender that are taken."""

    queryset = TenderType.objects.all()
    serializer_class = TenderTypeSerializer
    required_permissions = {
        "list": "payments.view_tendertype",
        "retrieve": "payments.view_tendertype",
    }
    filterset_fields = ("code", "is_active")
