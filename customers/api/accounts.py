"""Customers and the account tree over the API."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers import operations, queries
from customers.api.serializers import (
    AccountSerializer,
    CustomerSerializer,
    MoveSerializer,
    NewAccountSerializer,
    NewCustomerSerializer,
    NodeSerializer,
)
from customers.models import Account, Customer
from customers.operations import AddressInput
from foundation import clock
from foundation.api import HouseViewSet, Listed, Retrieved

TREE_LIMIT = 1000


class CustomerViewSet(Listed, Retrieved, HouseViewSet):
    """Customers."""

    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_customer",
        "retrieve": "customers.view_customer",
        "create": "customers.add_customer",
    }
    filterset_fields = ("number", "external_id", "status", "kind", "segment")

    @extend_schema(request=NewCustomerSerializer, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        """Record a customer."""
        data = self.checked(NewCustomerSerializer)
        customer = operations.create_customer(**data, actor=self.actor)
        return self.created(CustomerSerializer(customer).data)


class AccountViewSet(Listed, Retrieved, HouseViewSet):
    """Accounts and their tree."""

    queryset = Account.objects.select_related("customer", "parent", "entity", "pricebook")
    serializer_class = AccountSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "customers.view_account",
        "retrieve": "customers.view_account",
        "create": "customers.add_account",
        "tree": "customers.view_account",
        "move": "customers.move_account",
    }
    filterset_fields = {
        "number": ["exact"],
        "customer__number": ["exact"],
        "parent__number": ["exact"],
        "role": ["exact"],
        "status": ["exact"],
        "cycle_code": ["exact"],
        "currency": ["exact"],
    }

    @extend_schema(request=NewAccountSerializer, responses={201: AccountSerializer})
    def create(self, request: Request) -> Response:
        """Open an account."""
        data: dict[str, Any] = dict(self.checked(NewAccountSerializer))
        for name in ("billing_address", "service_address"):
            if name in data:
                data[name] = AddressInput(**data[name])
        account = operations.open_account(**data, actor=self.actor)
        return self.created(AccountSerializer(account).data)

    @extend_schema(responses={200: NodeSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def tree(self, request: Request, pk: str | None = None) -> Response:
        """Return the account and those below it in tree order, at most a thousand."""
        nodes = queries.subtree(account=self.get_object(), most=TREE_LIMIT)
        return Response(NodeSerializer(nodes, many=True).data)

    @extend_schema(request=MoveSerializer, responses={200: AccountSerializer})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str | None = None) -> Response:
        """Hang the account elsewhere, or change whether it pays, from a day on."""
        account: Account = self.get_object()
        data = self.checked(MoveSerializer)
        moved = operations.move_account(
            account=account,
            parent=data.get("parent"),
            role=data.get("role"),
            on_date=data["on_date"],
            as_of=clock.today(ZoneInfo(account.time_zone)),
            reason=data.get("reason", ""),
            splits=data["splits"],
            actor=self.actor,
        )
        return Response(AccountSerializer(moved).data)
