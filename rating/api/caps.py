"""Spend caps for machines: what the usage of an account may cost a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation.api import (
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from rating import operations
from rating.api.asked import account_numbered
from rating.api.serializers import DatedSerializer
from rating.models import SpendCap

VIEW, SET = "rating.view_spendcap", "rating.set_cap"


class SpendCapSerializer(DatedSerializer):
    """A cap and its local days, `end` exclusive; without one it holds until it is ended."""

    amount = MoneyField(read_only=True)

    class Meta:
        model = SpendCap
        fields = ["id", "account", "amount", "blocks", "start", "end", "created_at"]
        read_only_fields = fields


class EndCapSerializer(HouseSerializer):
    """An account, and the first local day without its cap."""

    account = serializers.CharField(max_length=32)
    start = serializers.DateField()


class SetCapSerializer(EndCapSerializer):
    """How much a month before tax, from which local day on, and whether it blocks."""

    amount = MoneyField()
    blocks = serializers.BooleanField(default=False)


class SpendCapViewSet(Listed, Retrieved, HouseViewSet):
    """Spend caps, now and before; alerts go out at 50, 80 and 100 % of them."""

    queryset = SpendCap.objects.select_related("account")
    serializer_class = SpendCapSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW, "create": SET, "end": SET}
    own = frozenset({"create", "end"})
    filterset_fields = ("account__number", "blocks")

    @extend_schema(request=SetCapSerializer, responses={201: SpendCapSerializer})
    def create(self, request: Request) -> Response:
        """Set the cap of an account, or another from a day on: the one before ends then."""
        data = self.checked(SetCapSerializer)
        account = account_numbered(data["account"])
        amount = data["amount"].of(account.currency, rule="CAP")
        return self.created(self._set(account, data["start"], amount, blocks=data["blocks"]))

    @extend_schema(request=EndCapSerializer, responses={200: SpendCapSerializer})
    @action(detail=False, methods=["post"])
    def end(self, request: Request) -> Response:
        """End the cap of an account: from the day on usage may cost what it costs."""
        data = self.checked(EndCapSerializer)
        account = account_numbered(data["account"])
        return Response(self._set(account, data["start"], None, blocks=False))

    def _set(self, account: Account, starts: date, amount: Decimal | None, *, blocks: bool) -> Any:
        return self.shown(
            operations.set_cap(
                account=account, amount=amount, blocks=blocks, starts=starts, actor=self.actor
            )
        )
