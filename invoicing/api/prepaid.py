"""Balances of money for machines: sell one, give one, pay back or take what is left."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import rating.operations
import rating.queries
from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from foundation.api.fields import Amount
from foundation.periods import boundary_instant
from invoicing import operations
from invoicing.api.memos import account_of
from invoicing.operations import BonusPolicy
from rating.models import BalanceBucket, BalanceMovement

ZERO = Decimal(0)
VIEW, SELL, ADJUST = "rating.view_balancebucket", "rating.sell_balance", "rating.adjust_balance"


class PrepaidMovementSerializer(HouseModelSerializer):
    """One change of a balance of money; the document that sold it, or that it pays."""

    delta = MoneyField(currency_attribute="bucket.currency", read_only=True)

    class Meta:
        model = BalanceMovement
        fields = ["id", "kind", "delta", "document_id", "reason", "at"]
        read_only_fields = fields


class PrepaidBalanceSerializer(HouseModelSerializer):
    """A balance of money: what was in it, what was paid for it, what is left and until when."""

    account = serializers.CharField(source="account.number", read_only=True)
    usage_type = serializers.CharField(source="usage_type.code", read_only=True, default="")
    initial = MoneyField(read_only=True)
    remaining = MoneyField(read_only=True)
    consideration = MoneyField(read_only=True)
    starts_at = serializers.DateTimeField(source="valid.lower", read_only=True)
    ends_at = serializers.DateTimeField(source="valid.upper", read_only=True, allow_null=True)

    class Meta:
        model = BalanceBucket
        fields = [
            "id", "account", "name", "source", "usage_type", "priority", "initial",
            "consideration", "remaining", "starts_at", "ends_at", "closed_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class PrepaidBalanceDetailSerializer(PrepaidBalanceSerializer):
    """A balance with what moved it, the newest first."""

    movements = serializers.SerializerMethodField()

    class Meta(PrepaidBalanceSerializer.Meta):
        fields = [*PrepaidBalanceSerializer.Meta.fields, "movements"]
        read_only_fields = fields

    @extend_schema_field(PrepaidMovementSerializer(many=True))
    def get_movements(self, bucket: BalanceBucket) -> Any:
        """Return the newest movements."""
        rows = rating.queries.movements(bucket_id=bucket.pk)
        for one in rows:
            one.bucket = bucket
        return PrepaidMovementSerializer(rows, many=True).data


class MoneyToUseSerializer(HouseSerializer):
    """Money that pays documents of an account; local days, `end` exclusive, or until used up."""

    account = serializers.CharField(max_length=32, help_text="Number of a paying account.")
    amount = MoneyField()
    usage_type = serializers.CharField(
        max_length=32, required=False, default="", allow_blank=True,
        help_text="Empty: it pays all that is billed.",
    )  # fmt: skip
    start = serializers.DateField()
    end = serializers.DateField(required=False, default=None, allow_null=True)
    name = serializers.CharField(max_length=100, help_text="As the customer reads it.")


class SellBalanceSerializer(MoneyToUseSerializer):
    """A balance to sell: `amount` is billed at once, the bonus is given on top (ENT-9)."""

    bonus = MoneyField(required=False)
    bonus_policy = serializers.ChoiceField(
        choices=[(one.value, one.value) for one in BonusPolicy], default=BonusPolicy.NONE.value
    )


class GiveMoneySerializer(MoneyToUseSerializer):
    """A balance to give, and why."""

    reason = serializers.CharField(min_length=5, max_length=200)


class PayBackSerializer(HouseSerializer):
    """What is kept of what is paid back, and why it is paid back."""

    fee = MoneyField(required=False)
    reason = serializers.CharField(min_length=5, max_length=200)


class TakeMoneySerializer(HouseSerializer):
    """How much of what was given is taken, and why."""

    amount = MoneyField()
    reason = serializers.CharField(min_length=5, max_length=200)


class PrepaidBalanceViewSet(Listed, Retrieved, HouseViewSet):
    """Balances of money, sold or given, that pay documents."""

    queryset = BalanceBucket.objects.exclude(currency="").select_related("account", "usage_type")
    serializer_class = PrepaidBalanceSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": SELL,
        "give": ADJUST,
        "pay_back": SELL,
        "take": ADJUST,
    }
    own = frozenset({"create", "give"})
    filterset_fields = {
        "account__number": ["exact"],
        "source": ["exact"],
        "usage_type__code": ["exact"],
        "closed_at": ["isnull"],
    }

    def get_serializer_class(self) -> Any:
        """Return the balance with what moved it where one balance is asked for."""
        if self.action == "list":
            return PrepaidBalanceSerializer
        return PrepaidBalanceDetailSerializer

    @extend_schema(request=SellBalanceSerializer, responses={201: PrepaidBalanceDetailSerializer})
    def create(self, request: Request) -> Response:
        """Sell a balance: a debit memo over its price without tax, and the balance (J4)."""
        data = self.checked(SellBalanceSerializer)
        given = _money_to_use(data)
        sold = operations.sell_balance(
            **given,
            bonus=_in_currency(data.get("bonus"), given["account"].currency),
            bonus_policy=data["bonus_policy"],
            on_date=clock.today(ZoneInfo(given["account"].entity.time_zone)),
            actor=self.actor,
        )
        return self.created(self.shown(sold))

    @extend_schema(request=GiveMoneySerializer, responses={201: PrepaidBalanceDetailSerializer})
    @action(detail=False, methods=["post"])
    def give(self, request: Request) -> Response:
        """Give money to use, without a price: what it pays is goodwill (J25)."""
        data = self.checked(GiveMoneySerializer)
        made = rating.operations.give_money(
            **_money_to_use(data), reason=data["reason"], actor=self.actor
        )
        return self.created(self.shown(made))

    @extend_schema(request=PayBackSerializer, responses={200: PrepaidBalanceDetailSerializer})
    @action(detail=True, methods=["post"], url_path="pay-back")
    def pay_back(self, request: Request, pk: str | None = None) -> Response:
        """End a balance that was paid for: its rest, less a fee, is credit of the payer (J27)."""
        bucket = self.get_object()
        data = self.checked(PayBackSerializer)
        zone = ZoneInfo(bucket.account.entity.time_zone)
        done = operations.pay_back_balance(
            bucket_id=bucket.pk,
            fee=_in_currency(data.get("fee"), bucket.currency),
            reason=data["reason"],
            on_date=clock.today(zone),
            actor=self.actor,
        )
        return Response(self.shown(done))

    @extend_schema(request=TakeMoneySerializer, responses={200: PrepaidBalanceDetailSerializer})
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str | None = None) -> Response:
        """Take money that was given out of a balance; what was used stays used."""
        bucket = self.get_object()
        data = self.checked(TakeMoneySerializer)
        done = rating.operations.take_balance(
            bucket_id=bucket.pk,
            quantity=_in_currency(data["amount"], bucket.currency),
            reason=data["reason"],
            actor=self.actor,
        )
        return Response(self.shown(done))


def _money_to_use(data: dict[str, Any]) -> dict[str, Any]:
    """Return what both ways of opening a balance take, days as moments of the account."""
    account = account_of(data)
    zone = ZoneInfo(account.time_zone)

    def begin(day: date | None) -> datetime | None:
        return None if day is None else boundary_instant(day, zone)

    return {
        "account": account,
        "amount": data["amount"].amount,
        "usage_type": data["usage_type"],
        "starts": begin(data["start"]),
        "ends": begin(data["end"]),
        "name": data["name"],
    }


def _in_currency(money: Amount | None, currency: str) -> Decimal:
    """Return an amount that must be in the currency of a balance; nothing where none is said."""
    return ZERO if money is None else money.of(currency, rule="ENT-9")
