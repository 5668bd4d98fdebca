"""Orders over the API: draft, submit, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers import operations, queries
from customers.api.serializers import NewOrderSerializer, OrderSerializer
from customers.choices import OrderChannel
from customers.models import Account, Order, OrderItem
from customers.operations import (
    AddressInput,
    ComponentInput,
    IdentifierInput,
    IncompleteOrder,
    ItemInput,
    Phase,
)
from foundation import clock
from foundation.api import HouseViewSet, Listed, Retrieved
from foundation.api.problems import problem

ITEMS = Prefetch(
    "items",
    OrderItem.objects.select_related("offer_version__offer", "subscription", "part_of")
    .prefetch_related("identifiers", "discounts__discount", "discounts__coupon")
    .order_by("seq"),
)


class OrderViewSet(Listed, Retrieved, HouseViewSet):
    """Orders with their items."""

    queryset = Order.objects.select_related("account").prefetch_related(ITEMS)
    serializer_class = OrderSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_order",
        "retrieve": "customers.view_order",
        "create": "customers.place_order",
        "submit": "customers.place_order",
        "cancel": "customers.cancel_order",
    }
    filterset_fields = {
        "number": ["exact"],
        "external_id": ["exact"],
        "account__number": ["exact"],
        "state": ["exact"],
        "channel": ["exact"],
    }

    @extend_schema(request=NewOrderSerializer, responses={201: OrderSerializer})
    def create(self, request: Request) -> Response:
        """Keep an order as a draft; with `submit` carry it out at once.

        What is missing is answered with 422 and one error for each missing thing.
        """
        data = self.checked(NewOrderSerializer)
        order = operations.place_order(
            account=data["account"],
            items=[item_input(item, data["requested_on"]) for item in data["items"]],
            requested_on=data["requested_on"],
            channel=OrderChannel.API,
            po_number=data.get("po_number", ""),
            external_id=data.get("external_id", ""),
            note=data.get("note", ""),
            actor=self.actor,
        )
        if data["submit"]:
            return self._submit(order, status.HTTP_201_CREATED)
        return self.created(self.shown(order))

    @extend_schema(request=None, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str | None = None) -> Response:
        """Carry the order out; one submitted before is answered as it is."""
        return self._submit(self.get_object(), status.HTTP_200_OK)

    @extend_schema(request=None, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Withdraw an order of which nothing has taken effect."""
        order: Order = self.get_object()
        operations.cancel_order(order=order, as_of=today(order.account), actor=self.actor)
        return Response(self.shown(order))

    def _submit(self, order: Order, success: int) -> Response:
        try:
            operations.submit_order(
                order=order,
                as_of=today(order.account),
                actor=self.actor,
            )
        except IncompleteOrder as refusal:
            errors = [
                {
                    "field": f"items[{one.item - 1}].{one.field}" if one.item else one.field,
                    "rule": one.rule,
                    "message": one.message,
                }
                for one in refusal.missing
            ]
            return problem(refusal.http_status, refusal.message, rule=refusal.rule, errors=errors)
        return Response(self.shown(order), status=success)


def today(account: Account) -> Any:
    """Return the date where the account is."""
    return clock.today(ZoneInfo(account.time_zone))


def item_input(data: Mapping[str, Any], requested_on: Any) -> ItemInput:
    """Return an item as the operation takes it; the offer's version is the one on sale."""
    given = dict(data)
    offer = given.pop("offer", None)
    if offer is not None:
        given["offer_version"] = queries.version_on_sale(code=offer, on_date=requested_on)
    given["identifiers"] = [IdentifierInput(**one) for one in given.get("identifiers", ())]
    given["phases"] = [Phase(**one) for one in given.get("phases", ())]
    given["components"] = {
        one["offer"]: ComponentInput(
            one.get("quantity"), [IdentifierInput(**each) for each in one.get("identifiers", ())]
        )
        for one in given.get("components", ())
    }
    if "service_address" in given:
        given["service_address"] = AddressInput(**given["service_address"])
    return ItemInput(**given)
