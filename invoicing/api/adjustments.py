"""What is waived or reduced before the bill, for machines: preview, make, take back (ADJ-1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import invoicing.queries
from customers.models import Account, GrantedDiscount, SubscriptionCharge
from foundation import clock, scope
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    NothingSerializer,
    Retrieved,
)
from foundation.errors import Invalid
from invoicing import operations
from invoicing.api.previews import ComparisonSerializer
from invoicing.operations import Adjustment


class BillAdjustmentSerializer(HouseModelSerializer):
    """What comes off one bill: `value` is a share (1 is all) or a net amount, by `kind`.

    Without a charge it is of the whole bill. `ends` is the first day after its period.
    """

    account = serializers.CharField(source="account.number", read_only=True)
    subscription = serializers.CharField(
        source="subscription.number", default=None, read_only=True
    )
    charge = serializers.CharField(
        source="subscription_charge.charge.code", default=None, read_only=True
    )
    kind = serializers.CharField(source="discount.kind", read_only=True)
    starts = serializers.DateField(source="valid.lower", read_only=True)
    ends = serializers.DateField(source="valid.upper", read_only=True)

    class Meta:
        model = GrantedDiscount
        fields = (
            *("id", "account", "subscription", "charge", "kind", "value", "starts", "ends"),
            *("state", "reason"),
        )
        read_only_fields = fields


class AskedAdjustmentSerializer(HouseSerializer):
    """A percentage or a net amount, off a charge of a subscription or off the whole bill."""

    account = serializers.CharField(max_length=32, help_text="Its number; its payer is billed.")
    subscription = serializers.CharField(max_length=32, required=False)
    charge = serializers.CharField(max_length=32, required=False, help_text="Its code.")
    period_start = serializers.DateField(
        required=False, help_text="Where the next bill charges several periods of it."
    )
    percent = serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=0, max_value=100, required=False
    )
    amount = MoneyField(required=False)


class NewAdjustmentSerializer(AskedAdjustmentSerializer):
    """What comes off, and why: a reason of credit memos, and a note beside it."""

    reason_code = serializers.CharField(max_length=32)
    comment = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)


class AdjustmentComparisonSerializer(ComparisonSerializer):
    """The next bill without and with an adjustment."""

    difference = MoneyField()


class BillAdjustmentViewSet(Listed, Retrieved, HouseViewSet):
    """What was waived or reduced before it was billed."""

    queryset = invoicing.queries.adjustments().select_related("subscription")
    serializer_class = BillAdjustmentSerializer
    own = frozenset({"create", "preview"})
    required_permissions = {
        "list": "customers.view_granteddiscount",
        "retrieve": "customers.view_granteddiscount",
        "create": "customers.adjust_next_bill",
        "preview": "customers.adjust_next_bill",
        "take_back": "customers.adjust_next_bill",
    }
    filterset_fields = {"account__number": ["exact"], "state": ["exact"]}

    @extend_schema(request=NewAdjustmentSerializer, responses={201: BillAdjustmentSerializer})
    def create(self, request: Request) -> Response:
        """Take it off the next bill; above the limit of who asks it waits for a second person."""
        data = self.checked(NewAdjustmentSerializer)
        made = operations.adjust_next_bill(
            reason_code=data["reason_code"], comment=data["comment"], **self._asked(data)
        )
        return self.created(self.shown(made))

    @extend_schema(
        request=AskedAdjustmentSerializer, responses={200: AdjustmentComparisonSerializer}
    )
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Calculate the next bill without and with it; nothing is kept."""
        seen = operations.preview_adjustment(
            **self._asked(self.checked(AskedAdjustmentSerializer))
        )
        return Response(AdjustmentComparisonSerializer(seen).data)

    @extend_schema(request=NothingSerializer, responses={200: BillAdjustmentSerializer})
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str | None = None) -> Response:
        """Let it be billed after all, while no posted document bears it; or ask no more for it."""
        row = operations.take_adjustment_back(grant=self.get_object(), actor=self.actor)
        return Response(self.shown(row))

    def _asked(self, data: dict[str, Any]) -> dict[str, Any]:
        accounts = scope.narrowed(Account.objects.all(), self.actor)
        account = accounts.filter(number=data["account"]).first()
        if account is None:
            raise Invalid("there is no such account", rule="UNKNOWN", column="account")
        amount, percent = data.get("amount"), data.get("percent")
        as_of = clock.today(ZoneInfo(account.time_zone))
        piece = None
        if "charge" in data or "subscription" in data:
            charge = self._charge(data)
            invoice = operations.next_invoice(account_id=account.pk, as_of=as_of)
            piece = operations.piece_of(invoice, charge.pk, data.get("period_start"))
        return {
            "account": account,
            "asked": Adjustment(
                piece,
                None if percent is None else percent / Decimal(100),
                None if amount is None else amount.of(account.currency, rule="ADJ-1"),
            ),
            "as_of": as_of,
            "actor": self.actor,
        }

    def _charge(self, data: dict[str, Any]) -> SubscriptionCharge:
        rows = SubscriptionCharge.objects.filter(
            subscription__number=data.get("subscription", ""),
            charge__code=data.get("charge", ""),
        )
        found = rows.order_by("-pk").first()
        if found is None:
            raise Invalid("the subscription has no such charge", rule="UNKNOWN", column="charge")
        return found
