"""Next invoices and order previews for machines."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Order
from customers.operations import IncompleteOrder
from foundation import clock, scope
from foundation.api import HouseSerializer, HouseViewSet, MoneyField
from foundation.api.problems import problem
from foundation.errors import Invalid
from invoicing import operations


class PreviewLineSerializer(HouseSerializer):
    """A line that the next document would have; negative amounts are credits."""

    account_id = serializers.IntegerField()
    text = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    quantity = serializers.CharField()
    net = MoneyField()
    tax = MoneyField()


class NextInvoiceSerializer(HouseSerializer):
    """What a payer would be billed at its next bill date."""

    payer_id = serializers.IntegerField()
    bill_date = serializers.DateField()
    currency = serializers.CharField()
    net = MoneyField()
    tax = MoneyField()
    total = MoneyField()
    problem = serializers.CharField()
    lines = PreviewLineSerializer(many=True)


class PreviewSerializer(HouseSerializer):
    """The next invoice of a payer without and with the order."""

    before = NextInvoiceSerializer()
    after = NextInvoiceSerializer()
    difference = MoneyField()
    charges = PreviewLineSerializer(many=True)
    falls_away = PreviewLineSerializer(many=True)


class DraftSerializer(HouseSerializer):
    """A draft order by its number."""

    order = serializers.CharField(max_length=32)


class OrderPreviewViewSet(HouseViewSet):
    """What a draft order would change on the next invoice; nothing is kept."""

    queryset = Order.objects.select_related("account")
    serializer_class = PreviewSerializer
    required_permissions = {"create": "customers.place_order"}
    own = frozenset({"create"})

    @extend_schema(request=DraftSerializer, responses={200: PreviewSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Carry the draft out, calculate the next invoices of its payers, and roll back."""
        number = self.checked(DraftSerializer)["order"]
        rows = scope.narrowed(Order.objects.select_related("account"), self.actor)
        order = rows.filter(number=number).first()
        if order is None or order.state != "DRAFT":
            raise Invalid(f"there is no draft order {number}", rule="UNKNOWN")
        day = clock.today(ZoneInfo(order.account.time_zone))
        try:
            found: Any = operations.preview_draft(order=order, as_of=day, actor=self.actor)
        except IncompleteOrder as refusal:
            errors = [
                {"field": one.field, "rule": one.rule, "message": one.message}
                for one in refusal.missing
            ]
            return problem(refusal.http_status, refusal.message, rule=refusal.rule, errors=errors)
        return Response(PreviewSerializer(found, many=True).data)
