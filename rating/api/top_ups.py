"""Rules of automatic top-ups for machines; what they asked for is answered among payments."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

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
from rating.models import TopUpRule
from rating.models.top_up import MOST_TRIES

VIEW, SET = "rating.view_topuprule", "rating.set_top_up"


class TopUpRuleSerializer(DatedSerializer):
    """A rule and its local days, `end` exclusive; without one it holds until it is ended."""

    usage_type = serializers.CharField(source="usage_type.code", read_only=True, default="")
    threshold = MoneyField(read_only=True)
    amount = MoneyField(read_only=True)
    most_per_month = MoneyField(read_only=True)

    class Meta:
        model = TopUpRule
        fields = [
            "id", "account", "usage_type", "threshold", "amount", "most_per_month", "most_tries",
            "start", "end", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class SetTopUpSerializer(HouseSerializer):
    """When this much is left, ask for that much; at most so much and so many tries a month."""

    account = serializers.CharField(max_length=32)
    usage_type = serializers.CharField(
        max_length=32, required=False, default="", allow_blank=True,
        help_text="Empty: money that pays all that is billed.",
    )  # fmt: skip
    threshold = MoneyField()
    amount = MoneyField()
    most_per_month = MoneyField()
    most_tries = serializers.IntegerField(min_value=1, max_value=MOST_TRIES, default=3)
    start = serializers.DateField()


class EndTopUpSerializer(HouseSerializer):
    """The first local day without the rule."""

    end = serializers.DateField()


class TopUpRuleViewSet(Listed, Retrieved, HouseViewSet):
    """When money is asked for by itself, now and before."""

    queryset = TopUpRule.objects.select_related("account", "usage_type")
    serializer_class = TopUpRuleSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW, "create": SET, "end": SET}
    own = frozenset({"create"})
    filterset_fields = ("account__number", "usage_type__code")

    @extend_schema(request=SetTopUpSerializer, responses={201: TopUpRuleSerializer})
    def create(self, request: Request) -> Response:
        """Set a rule from a day on; the one before for the same money ends then (ENT-8)."""
        data = self.checked(SetTopUpSerializer)
        account = account_numbered(data["account"])
        sums = {
            name: data[name].of(account.currency, rule="ENT-8")
            for name in ("threshold", "amount", "most_per_month")
        }
        made = operations.set_top_up(
            account=account,
            usage_type=data["usage_type"],
            most_tries=data["most_tries"],
            starts=data["start"],
            actor=self.actor,
            **sums,
        )
        return self.created(self.shown(made))

    @extend_schema(request=EndTopUpSerializer, responses={200: TopUpRuleSerializer})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: Any = None) -> Response:
        """End a rule: from the day on nothing is asked for by it."""
        rule = self.get_object()
        data = self.checked(EndTopUpSerializer)
        done = operations.end_top_up(rule_id=rule.pk, ends=data["end"], actor=self.actor)
        return Response(self.shown(done))
