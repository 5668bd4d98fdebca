"""Subscriptions and services over the API."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers import operations
from customers.api.serializers import (
    DaySerializer,
    FailureSerializer,
    FullSubscriptionSerializer,
    ServiceSerializer,
    SubscriptionSerializer,
)
from customers.models import (
    ChargeSegment,
    ServiceIdentifier,
    ServiceInstance,
    Subscription,
    SubscriptionCharge,
    SubscriptionItem,
)
from foundation import clock
from foundation.api import HouseViewSet, Listed, Retrieved

CHARGES = SubscriptionCharge.objects.select_related("charge").prefetch_related(
    Prefetch("segments", ChargeSegment.objects.order_by("valid"))
)
ITEMS = SubscriptionItem.objects.select_related("offer_version__offer").prefetch_related(
    Prefetch("charges", CHARGES.order_by("pk"))
)


class SubscriptionViewSet(Listed, Retrieved, HouseViewSet):
    """Subscriptions; one alone comes with its items, charges and timelines."""

    queryset = Subscription.objects.select_related("account", "bundle")
    serializer_class = SubscriptionSerializer
    required_permissions = {
        "list": "customers.view_subscription",
        "retrieve": "customers.view_subscription",
        "activation": "customers.place_order",
        "acceptance": "customers.place_order",
        "failure": "customers.place_order",
    }
    filterset_fields = {"number": ["exact"], "account__number": ["exact"], "state": ["exact"]}

    def get_queryset(self) -> Any:
        """Return the rows, with all that is nested when one is shown."""
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return rows.prefetch_related(Prefetch("items", ITEMS.order_by("pk")))

    def get_serializer_class(self) -> Any:
        """Return the short form for lists, the full one for one."""
        return SubscriptionSerializer if self.action == "list" else FullSubscriptionSerializer

    @extend_schema(request=DaySerializer, responses={200: SubscriptionSerializer})
    @action(detail=True, methods=["post"])
    def activation(self, request: Request, pk: str | None = None) -> Response:
        """Record the day since which the service works."""
        return self._record(operations.record_activation)

    @extend_schema(request=DaySerializer, responses={200: SubscriptionSerializer})
    @action(detail=True, methods=["post"])
    def acceptance(self, request: Request, pk: str | None = None) -> Response:
        """Record the day on which the customer accepted."""
        return self._record(operations.record_acceptance)

    @extend_schema(request=FailureSerializer, responses={200: SubscriptionSerializer})
    @action(detail=True, methods=["post"])
    def failure(self, request: Request, pk: str | None = None) -> Response:
        """Say that the service could not be provisioned, why, and what is done next."""
        subscription: Subscription = self.get_object()
        operations.report_failure(
            subscription=subscription, actor=self.actor, **self.checked(FailureSerializer)
        )
        return Response(SubscriptionSerializer(subscription).data)

    def _record(self, operation: Any) -> Response:
        subscription: Subscription = self.get_object()
        row = operation(
            subscription=subscription,
            on_date=self.checked(DaySerializer)["on_date"],
            as_of=clock.today(ZoneInfo(subscription.account.time_zone)),
            actor=self.actor,
        )
        return Response(SubscriptionSerializer(row).data)


class ServiceViewSet(Listed, Retrieved, HouseViewSet):
    """Services with their identifiers."""

    queryset = ServiceInstance.objects.select_related("subscription").prefetch_related(
        Prefetch("identifiers", ServiceIdentifier.objects.order_by("pk"))
    )
    serializer_class = ServiceSerializer
    required_permissions = {
        "list": "customers.view_serviceinstance",
        "retrieve": "customers.view_serviceinstance",
    }
    filterset_fields = {
        "number": ["exact"],
        "subscription__number": ["exact"],
        "subscription__account__number": ["exact"],
        "state": ["exact"],
        "identifiers__value": ["exact"],
    }
