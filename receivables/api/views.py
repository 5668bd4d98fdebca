"""Open items, allocations and balances for machines."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation import clock
from foundation.api import HouseViewSet, Listed, Retrieved
from foundation.errors import Invalid
from receivables import operations, queries
from receivables.api.serializers import (
    AccountBalanceSerializer,
    AllocationSerializer,
    NewAllocationSerializer,
    OpenItemSerializer,
    ReversalSerializer,
)
from receivables.models import Allocation, OpenItem

VIEW = "receivables.view_openitem"


class OpenItemViewSet(Listed, Retrieved, HouseViewSet):
    """What payers owe and what is held for them."""

    queryset = OpenItem.objects.all()
    serializer_class = OpenItemSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW}
    filterset_fields = {
        "payer": ["exact"],
        "side": ["exact"],
        "number": ["exact"],
        "source_type": ["exact"],
        "source_id": ["exact"],
        "open": ["gt"],
        "due_date": ["lt", "lte"],
    }


class AllocationViewSet(Listed, Retrieved, HouseViewSet):
    """Which credit settled which debit."""

    queryset = Allocation.objects.all()
    serializer_class = AllocationSerializer
    own = frozenset({"create"})
    required_permissions = {
        "list": "receivables.view_allocation",
        "retrieve": "receivables.view_allocation",
        "create": "receivables.allocate",
        "reverse": "receivables.allocate",
    }
    filterset_fields = ("debit_item", "credit_item", "batch")

    @extend_schema(request=NewAllocationSerializer, responses={201: AllocationSerializer})
    def create(self, request: Request) -> Response:
        """Settle one named debit with one credit (AR-1, AR-3)."""
        data = self.checked(NewAllocationSerializer)
        _require_currency(data["debit_item"], data["amount"].currency)
        batch = operations.allocate(
            debit_item_id=data["debit_item"],
            credit_item_id=data["credit_item"],
            amount=data["amount"].amount,
            on_date=data["on_date"],
            actor=cast(User, request.user),
        )
        return self.created(AllocationSerializer(batch.allocations.get()).data)

    @extend_schema(request=ReversalSerializer, responses={201: AllocationSerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: Any = None) -> Response:
        """Take an allocation back by its mirror (AR-4)."""
        allocation = self.get_object()
        data = self.checked(ReversalSerializer)
        (batch,) = operations.reverse_allocations(
            allocation_ids=[allocation.pk],
            on_date=data["on_date"],
            reason=data["reason"],
            actor=cast(User, request.user),
        )
        return self.created(AllocationSerializer(batch.allocations.get()).data)


def _require_currency(item_id: int, currency: str) -> None:
    """Refuse an amount in another currency than the item's (AR-8)."""
    held = OpenItem.objects.filter(pk=item_id).values_list("currency", flat=True).first()
    if held is not None and held != currency:
        raise Invalid(f"the item is in {held}, the amount in {currency}", rule="AR-8")


class BalanceViewSet(HouseViewSet):
    """What an account owes, less what is held for it."""

    queryset = OpenItem.objects.none()
    subjects = {"account_pk": Account}
    serializer_class = AccountBalanceSerializer
    required_permissions = {"list": VIEW}
    pagination_class = None  # type: ignore[assignment]  # one answer, not a list

    @extend_schema(responses=AccountBalanceSerializer)
    def list(self, request: Request, account_pk: str) -> Response:
        """Return the account's position by currency (AR-1)."""
        account = get_object_or_404(Account, pk=int(account_pk))
        as_of = clock.today(ZoneInfo(account.time_zone))
        answer = {
            "account": account.pk,
            "as_of": as_of,
            "balances": queries.balance(payer_id=account.pk, as_of=as_of),
        }
        return Response(AccountBalanceSerializer(answer).data)
