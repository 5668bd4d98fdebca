"""Changes of the bill day for machines: preview, order, withdraw (PER-7)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation import clock, scope
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    NothingSerializer,
    Retrieved,
)
from foundation.errors import Invalid
from invoicing import operations
from invoicing.api.previews import ComparisonSerializer
from invoicing.models import BillCycle, CycleChange


class CycleChangeSerializer(HouseModelSerializer):
    """A change that waits for `boundary`, the end of the period that runs when it is ordered."""

    account = serializers.CharField(source="account.number", read_only=True)
    cycle = serializers.CharField(source="cycle.code", read_only=True)

    class Meta:
        model = CycleChange
        fields = ("id", "account", "cycle", "day", "boundary", "state", "run")
        read_only_fields = fields


class NewCycleChangeSerializer(HouseSerializer):
    """The cycle and the day that a payer is to have; without a day, as the cycle."""

    account = serializers.CharField(max_length=32, help_text="Number of a paying account.")
    cycle = serializers.CharField(max_length=16)
    day = serializers.IntegerField(min_value=1, max_value=31, required=False)


class CycleChangeViewSet(Listed, Retrieved, HouseViewSet):
    """Other bill days that payers get when their running period has been billed."""

    queryset = CycleChange.objects.select_related("account", "cycle")
    serializer_class = CycleChangeSerializer
    own = frozenset({"create", "preview"})
    required_permissions = {
        "list": "customers.view_account",
        "retrieve": "customers.view_account",
        "create": "customers.change_account",
        "preview": "customers.change_account",
        "withdraw": "customers.change_account",
    }
    filterset_fields = {"account__number": ["exact"], "state": ["exact"]}

    @extend_schema(request=NewCycleChangeSerializer, responses={201: CycleChangeSerializer})
    def create(self, request: Request) -> Response:
        """Order the change; the run that bills the running period carries it out."""
        return self.created(self.shown(operations.change_cycle_at_boundary(**self._asked())))

    @extend_schema(
        request=NewCycleChangeSerializer, responses={200: ComparisonSerializer(many=True)}
    )
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Calculate the two invoices that would change; nothing is kept."""
        found = operations.preview_cycle(at_boundary=True, **self._asked())
        return Response(ComparisonSerializer(found, many=True).data)

    @extend_schema(request=NothingSerializer, responses={200: CycleChangeSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str | None = None) -> Response:
        """Let the payer stay as it is billed."""
        row = operations.withdraw_cycle_change(change=self.get_object(), actor=self.actor)
        return Response(self.shown(row))

    def _asked(self) -> dict[str, Any]:
        data = self.checked(NewCycleChangeSerializer)
        accounts = scope.narrowed(Account.objects.all(), self.actor)
        account = accounts.filter(number=data["account"]).first()
        if account is None:
            raise Invalid("there is no such account", rule="UNKNOWN", column="account")
        cycle = BillCycle.objects.filter(code=data["cycle"]).first()
        if cycle is None:
            raise Invalid("there is no such cycle", rule="UNKNOWN", column="cycle")
        return {
            "account": account,
            "cycle": cycle,
            "cycle_day": data.get("day", cycle.day),
            "as_of": clock.today(ZoneInfo(account.time_zone)),
            "actor": self.actor,
        }
