"""Entitlements for machines: may it be used, and hold it for a session that is running."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation import clock, scope
from foundation.api import HouseSerializer, HouseViewSet, Listed, NothingSerializer, Retrieved
from foundation.errors import Invalid
from rating import operations, queries
from rating.api.serializers import PlainField
from rating.models import Reservation, UsageSource
from rating.queries.entitled import Entitled, Use

UTC_ZONE = ZoneInfo("UTC")


class UseSerializer(HouseSerializer):
    """Use that is asked for; `at` is now if nothing else is said."""

    usage_type = serializers.CharField(max_length=32)
    identifier = serializers.CharField(max_length=64)
    quantity = serializers.DecimalField(max_digits=24, decimal_places=8, min_value=0)
    at = serializers.DateTimeField(required=False)
    attributes = serializers.DictField(child=serializers.CharField(max_length=200), default=dict)


class CoverSerializer(HouseSerializer):
    """What a bucket covers and leaves."""

    bucket_id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=24, decimal_places=8)
    left = serializers.DecimalField(max_digits=24, decimal_places=8)


class EntitledSerializer(HouseSerializer):
    """Whether use is allowed, what of it is covered, and what the rest costs."""

    allowed = serializers.BooleanField()
    problem = serializers.CharField()
    account_id = serializers.IntegerField(allow_null=True)
    service_id = serializers.IntegerField(allow_null=True)
    quantity = serializers.DecimalField(max_digits=24, decimal_places=8)
    covered = serializers.DecimalField(max_digits=24, decimal_places=8)
    billable = serializers.DecimalField(max_digits=24, decimal_places=8)
    beyond = serializers.CharField()
    next_price = PlainField(allow_null=True)
    amount = PlainField(allow_null=True)
    currency = serializers.CharField()
    covers = CoverSerializer(many=True)
    prepaid = PlainField()
    cap = PlainField(allow_null=True)
    spent = PlainField(allow_null=True)


_ANSWER: Final = EntitledSerializer()
"""Made once: its fields are the same for every answer, and making them takes longer than it."""


class ReserveSerializer(UseSerializer):
    """Use to be held; the same key gets the same answer."""

    key = serializers.CharField(min_length=8, max_length=128)
    ttl_seconds = serializers.IntegerField(min_value=1, max_value=86_400)


class RecordSerializer(HouseSerializer):
    """The record of the session, as a row of usage says it."""

    source = serializers.SlugRelatedField(  # type: ignore[assignment]
        slug_field="code", queryset=UsageSource.objects.all()
    )
    event_key = serializers.CharField(max_length=128)
    event_start = serializers.CharField(max_length=40, help_text="2027-05-03T10:15:22Z")
    event_end = serializers.CharField(max_length=40, default="")
    attributes = serializers.DictField(child=serializers.CharField(max_length=200), default=dict)


class CommitSerializer(HouseSerializer):
    """How much of a reservation was used; with its record it becomes a usage event."""

    used = serializers.DecimalField(max_digits=24, decimal_places=8, min_value=0)
    record = RecordSerializer(required=False)


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """Units held for a running session."""

    class Meta:
        """What is told of a reservation."""

        model = Reservation
        fields = (
            "id", "key", "account_id", "service_id", "usage_type", "identifier", "quantity",
            "held", "used", "state", "expires_at", "created_at", "ended_at",
        )  # fmt: skip


def _use(data: dict[str, Any]) -> Use:
    at: datetime = data.get("at") or clock.now()
    return Use(data["usage_type"], data["identifier"], data["quantity"], at, data["attributes"])


def _today() -> date:
    return clock.today(UTC_ZONE)


class EntitlementViewSet(HouseViewSet):
    """Ask whether use is allowed; nothing is stored."""

    queryset = Reservation.objects.none()
    serializer_class = UseSerializer
    required_permissions = {"check_use": "rating.view_balancebucket"}
    own = frozenset({"check_use"})
    asking = own

    @extend_schema(request=UseSerializer, responses={200: EntitledSerializer})
    @action(detail=False, methods=["post"], url_path="check", url_name="check")
    def check_use(self, request: Request) -> Response:
        """Answer whether use is allowed, what of it is covered and the price of the next unit."""
        found: Entitled = queries.check(_use(self.checked(UseSerializer)), on_date=_today())
        is_free = found.account_id is None or scope.entities_of(self.actor) is None
        if not is_free and not scope.sees(self.actor, Account, found.account_id):
            raise Invalid("there is no such identifier", rule="UNKNOWN")
        return Response(_ANSWER.to_representation(found))


class ReservationViewSet(Listed, Retrieved, HouseViewSet):
    """Hold usage for running sessions."""

    queryset = Reservation.objects.all()
    serializer_class = ReservationSerializer
    required_permissions = {
        "list": "rating.view_reservation",
        "retrieve": "rating.view_reservation",
        "create": "rating.reserve_balance",
        "commit": "rating.reserve_balance",
        "release": "rating.reserve_balance",
    }
    filterset_fields = ("state", "key", "identifier")

    @extend_schema(request=ReserveSerializer, responses={200: ReservationSerializer})
    def create(self, request: Request) -> Response:
        """Hold what buckets cover of a use; the same key gets the same answer."""
        data = self.checked(ReserveSerializer)
        made = operations.reserve(
            use=_use(data),
            key=data["key"],
            ttl=timedelta(seconds=data["ttl_seconds"]),
            as_of=clock.now(),
            on_date=_today(),
            actor=self.actor,
        )
        return Response(ReservationSerializer(made).data)

    @extend_schema(request=CommitSerializer, responses={200: ReservationSerializer})
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, pk: str | None = None) -> Response:
        """Consume what was used and let the rest go; with a record, load it as usage."""
        row = self.get_object()
        data = self.checked(CommitSerializer)
        record = data.get("record")
        done = operations.commit(
            reservation_id=row.pk,
            used=data["used"],
            as_of=clock.now(),
            record=operations.SessionRecord(**record) if record else None,
            actor=self.actor,
        )
        return Response(ReservationSerializer(done).data)

    @extend_schema(request=NothingSerializer, responses={200: ReservationSerializer})
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str | None = None) -> Response:
        """Let all of it go."""
        row = self.get_object()
        done = operations.release(reservation_id=row.pk, as_of=clock.now(), actor=self.actor)
        return Response(ReservationSerializer(done).data)
