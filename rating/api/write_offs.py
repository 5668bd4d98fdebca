"""Suspended usage given up, for machines: what was asked, approve, reject, withdraw, reverse."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api import (
    CommentSerializer,
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    NothingSerializer,
    Retrieved,
)
from rating import operations
from rating.models import SuspenseWriteOff

ASK, DECIDE, VIEW = (
    "rating.recycle_suspense", "rating.write_off_usage", "rating.view_suspensewriteoff",
)  # fmt: skip


class WriteOffSerializer(HouseModelSerializer):
    """A write-off; its rows are `suspense?write_off=ID`, each with its worth."""

    requested_by = serializers.CharField(source="requested_by.username", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default="")
    reversed_by = serializers.CharField(source="reversed_by.username", read_only=True, default="")

    class Meta:
        model = SuspenseWriteOff
        fields = [
            "id", "state", "reason", "row_count", "requested_by", "decided_by", "created_at",
            "done_at", "reversed_by", "reversed_at", "reversal_reason",
        ]  # fmt: skip
        read_only_fields = fields


class WhySerializer(HouseSerializer):
    """Why it is done."""

    reason = serializers.CharField(min_length=5, max_length=300)


class WriteOffViewSet(Listed, Retrieved, HouseViewSet):
    """Write-offs of suspended usage; they are asked for by `suspense/write-off`."""

    queryset = SuspenseWriteOff.objects.select_related("requested_by", "decided_by", "reversed_by")
    serializer_class = WriteOffSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "approve": DECIDE,
        "reject": DECIDE,
        "withdraw": ASK,
        "reverse": DECIDE,
    }
    filterset_fields = ("state",)

    @extend_schema(request=CommentSerializer, responses={200: WriteOffSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Approve what somebody else asked, and give the rows up."""
        data = self.checked(CommentSerializer)
        done = operations.approve_write_off(
            write_off=self.get_object(),
            approver=self.actor,
            as_of=clock.now(),
            comment=data["comment"],
        )
        return Response(self.shown(done))

    @extend_schema(request=WhySerializer, responses={200: WriteOffSerializer})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str | None = None) -> Response:
        """Refuse what somebody else asked; its rows wait to be corrected."""
        data = self.checked(WhySerializer)
        done = operations.reject_write_off(
            write_off=self.get_object(), approver=self.actor, comment=data["reason"]
        )
        return Response(self.shown(done))

    @extend_schema(request=NothingSerializer, responses={200: WriteOffSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str | None = None) -> Response:
        """Let a request go before it is decided."""
        self.checked(NothingSerializer)
        done = operations.withdraw_write_off(write_off=self.get_object(), actor=self.actor)
        return Response(self.shown(done))

    @extend_schema(request=WhySerializer, responses={200: WriteOffSerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str | None = None) -> Response:
        """Let the rows of a write-off wait in suspense again."""
        data = self.checked(WhySerializer)
        done = operations.reverse_write_off(
            write_off=self.get_object(),
            reason=data["reason"],
            as_of=clock.now(),
            actor=self.actor,
        )
        return Response(self.shown(done))
