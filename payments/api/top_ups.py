"""Requested top-ups for the payment side: read them, say what became of them (ENT-8)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import rating.operations
from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from foundation.errors import Invalid
from payments import operations
from payments.models import TenderType
from rating.models import TopUpRequest

VIEW, ANSWER = "rating.view_topuprequest", "rating.answer_top_up"


class TopUpRequestSerializer(HouseModelSerializer):
    """A payment that is asked for under a key, and what became of it."""

    account = serializers.CharField(source="account.number", read_only=True)
    usage_type = serializers.CharField(source="usage_type.code", read_only=True, default="")
    idempotency_key = serializers.CharField(source="key", read_only=True)
    amount = MoneyField(read_only=True)
    remaining = MoneyField(read_only=True)
    captured = MoneyField(read_only=True, allow_null=True)

    class Meta:
        model = TopUpRequest
        fields = [
            "id", "account", "usage_type", "rule_id", "idempotency_key", "state", "amount",
            "remaining", "asked_at", "expires_at", "ended_at", "captured", "reference",
            "bucket_id", "reason", "retry_at",
        ]  # fmt: skip
        read_only_fields = fields


class TopUpCaptureSerializer(HouseSerializer):
    """Which payment brought how much, at most what was asked for; `received_on` is today."""

    amount = MoneyField()
    reference = serializers.CharField(max_length=128)
    tender = serializers.SlugRelatedField(  # type: ignore[assignment]
        slug_field="code", queryset=TenderType.objects.filter(is_active=True)
    )
    received_on = serializers.DateField(required=False)


class TopUpFailureSerializer(HouseSerializer):
    """Why, and when it may be tried again; without that the rule rests until it is set anew."""

    reason = serializers.CharField(min_length=5, max_length=200)
    retry_at = serializers.DateTimeField(required=False, default=None, allow_null=True)


class TopUpRequestViewSet(Listed, Retrieved, HouseViewSet):
    """Payments that automatic top-ups asked for."""

    queryset = TopUpRequest.objects.select_related("account__entity", "usage_type")
    serializer_class = TopUpRequestSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "capture": (ANSWER, "payments.record_payment"),
        "fail": ANSWER,
    }
    filterset_fields = {
        "account__number": ["exact"],
        "state": ["exact"],
        "asked_at": ["gte", "lte"],
    }

    @extend_schema(request=TopUpCaptureSerializer, responses={200: TopUpRequestSerializer})
    @action(detail=True, methods=["post"])
    def capture(self, request: Request, pk: Any = None) -> Response:
        """Sell the balance that was asked for, once, and record the payment that settles it."""
        asked = self.get_object()
        data = self.checked(TopUpCaptureSerializer)
        if data["amount"].currency != asked.currency:
            raise Invalid(f"it was asked for in {asked.currency}", rule="ENT-8")
        today = clock.today(ZoneInfo(asked.account.entity.time_zone))
        done = operations.capture_top_up(
            request_id=asked.pk,
            reference=data["reference"],
            amount=data["amount"].amount,
            tender=data["tender"],
            received_on=data.get("received_on") or today,
            as_of=clock.now(),
            on_date=today,
            actor=self.actor,
        )
        return Response(self.shown(done))

    @extend_schema(request=TopUpFailureSerializer, responses={200: TopUpRequestSerializer})
    @action(detail=True, methods=["post"])
    def fail(self, request: Request, pk: Any = None) -> Response:
        """Take note that the payment could not be had; nothing is sold."""
        asked = self.get_object()
        data = self.checked(TopUpFailureSerializer)
        done = rating.operations.fail_top_up(
            request_id=asked.pk, **data, as_of=clock.now(), actor=self.actor
        )
        return Response(self.shown(done))
