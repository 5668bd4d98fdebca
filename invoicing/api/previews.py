"""Next invoices and order previews for machines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Order
from customers.operations import IncompleteOrder
from foundation import clock, scope
from foundation.api import HouseSerializer, HouseViewSet, MoneyField
from foundation.api.problems import problem
from foundation.errors import Invalid
from invoicing import operations

if TYPE_CHECKING:
    from django.contrib.auth.models import User


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


class ComparisonSerializer(HouseSerializer):
    """An invoice that changes, without and with the change."""

    before = NextInvoiceSerializer()
    after = NextInvoiceSerializer()


class ProjectedSerializer(HouseSerializer):
    """What one bill date would bring, tax included, without and with the order."""

    bill_date = serializers.DateField()
    currency = serializers.CharField()
    before = MoneyField()
    after = MoneyField()
    difference = MoneyField()


class PreviewSerializer(ComparisonSerializer):
    """The next invoice of a payer without and with the order.

    `pin` is handed back to submit the order with these figures or not at all.
    """

    difference = MoneyField()
    charges = PreviewLineSerializer(many=True)
    falls_away = PreviewLineSerializer(many=True)
    projection = ProjectedSerializer(many=True)


class DraftSerializer(HouseSerializer):
    """A draft order by its number."""

    order = serializers.CharField(max_length=32)
    bills = serializers.IntegerField(min_value=1, max_value=24, required=False, default=1)


class PinnedSerializer(HouseSerializer):
    """A draft order and the pin that its preview gave."""

    order = serializers.CharField(max_length=32)
    pin = serializers.CharField(max_length=200_000)


class PinnedPreviewSerializer(HouseSerializer):
    """The previews of an order's payers, and the pin of their figures."""

    pin = serializers.CharField()
    payers = PreviewSerializer(many=True)


class SubmittedSerializer(HouseSerializer):
    """The state of an order."""

    number = serializers.CharField()
    state = serializers.CharField()


class OrderPreviewViewSet(HouseViewSet):
    """What a draft order would change on the next invoice; nothing is kept."""

    queryset = Order.objects.select_related("account")
    serializer_class = PreviewSerializer
    required_permissions = {
        "create": "customers.place_order",
        "pinned": "customers.place_order",
        "submit": "customers.place_order",
    }
    own = frozenset({"create", "pinned", "submit"})

    @extend_schema(request=DraftSerializer, responses={200: PreviewSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """Carry the draft out, calculate the next invoices of its payers, and roll back."""
        data = self.checked(DraftSerializer)
        found = self._previewed(data["order"], data["bills"])
        if isinstance(found, Response):
            return found
        return Response(PreviewSerializer(found[1], many=True).data)

    @extend_schema(request=DraftSerializer, responses={200: PinnedPreviewSerializer})
    @action(detail=False, methods=["post"])
    def pinned(self, request: Request) -> Response:
        """Preview a draft, and pin the figures so that `submit` keeps to them."""
        data = self.checked(DraftSerializer)
        found = self._previewed(data["order"], data["bills"])
        if isinstance(found, Response):
            return found
        told = {"pin": operations.pin_of(*found), "payers": found[1]}
        return Response(PinnedPreviewSerializer(told).data)

    @extend_schema(request=PinnedSerializer, responses={200: SubmittedSerializer})
    @action(detail=False, methods=["post"])
    def submit(self, request: Request) -> Response:
        """Submit the draft if it still gives the pinned figures; else say what has changed."""
        data = self.checked(PinnedSerializer)
        order = _draft(data["order"], self.actor)
        done = operations.submit_as_previewed(
            order=order, pin=data["pin"], as_of=_today(order), actor=self.actor
        )
        return Response(SubmittedSerializer(done).data)

    def _previewed(self, number: str, bills: int) -> Response | tuple[Order, Any]:
        order = _draft(number, self.actor)
        try:
            found = operations.preview_draft(
                order=order, as_of=_today(order), actor=self.actor, bills=bills
            )
        except IncompleteOrder as refusal:
            errors = [
                {"field": one.field, "rule": one.rule, "message": one.message}
                for one in refusal.missing
            ]
            return problem(refusal.http_status, refusal.message, rule=refusal.rule, errors=errors)
        return order, found


def _draft(number: str, actor: User | None) -> Order:
    rows = scope.narrowed(Order.objects.select_related("account"), actor)
    order = rows.filter(number=number).first()
    if order is None or order.state != "DRAFT":
        raise Invalid(f"there is no draft order {number}", rule="UNKNOWN")
    return order


def _today(order: Order) -> date:
    return clock.today(ZoneInfo(order.account.time_zone))
