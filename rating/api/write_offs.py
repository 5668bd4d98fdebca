"""Suspended usage given up, for machines: what was asked, approve, reject, withdraw, reverse."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    NothingSerializer,
)
from rating import operations
from rating.api.deciding import DecidedViewSet, WhySerializer, decided
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


@decided(
    WriteOffSerializer,
    approve="Approve what somebody else asked, and give the rows up.",
    reject="Refuse what somebody else asked; its rows wait to be corrected.",
)
class WriteOffViewSet(DecidedViewSet):
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

    def approve_row(self, row: SuspenseWriteOff, comment: str) -> None:
        """Call the operation."""
        operations.approve_write_off(
            write_off=row, approver=self.actor, as_of=clock.now(), comment=comment
        )

    def reject_row(self, row: SuspenseWriteOff, reason: str) -> None:
        """Call the operation."""
        operations.reject_write_off(write_off=row, approver=self.actor, comment=reason)

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
