"""Rating again, for machines: compare, see before and after, send, approve or reject (RATE-2)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Charge, Product
from foundation import clock
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    NothingSerializer,
)
from foundation.errors import Invalid
from rating import operations, queries
from rating.api.deciding import DecidedViewSet, decided
from rating.models import RerateChange, RerateJob
from rating.operations.rerate_jobs import MOST_EVENTS

RATE, APPROVE, VIEW = "rating.rate_usage", "rating.approve_rerate", "rating.view_reratejob"
MOST_CHANGES = 200


class NewRerateSerializer(HouseSerializer):
    """Local days, `end` exclusive, and whose usage: of accounts, of users of a charge, or all."""

    start = serializers.DateField()
    end = serializers.DateField()
    accounts = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, max_length=10_000
    )
    charge = serializers.CharField(max_length=200, required=False, help_text="MOBILE/1/CALLS")
    product = serializers.CharField(max_length=64, required=False)
    reason = serializers.CharField(min_length=5, max_length=300)


class RerateChangeSerializer(HouseModelSerializer):
    """Events and worth of an account before and after, in its currency."""

    class Meta:
        model = RerateChange
        fields = [
            "account_id", "currency", "events_before", "events_after", "worth_before",
            "worth_after",
        ]  # fmt: skip
        read_only_fields = fields


class RerateSerializer(HouseModelSerializer):
    """A job, and what it changes as it was compared."""

    charge = serializers.CharField(source="charge.reference", read_only=True, default="")
    product = serializers.CharField(source="product.code", read_only=True, default="")
    requested_by = serializers.CharField(
        source="requested_by.username", read_only=True, default=""
    )
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default="")

    class Meta:
        model = RerateJob
        fields = [
            "id", "state", "start", "end", "charge", "product", "reason", "event_count",
            "changed_count", "suspended_count", "compared_at", "requested_by", "decided_by",
            "done_at",
        ]  # fmt: skip
        read_only_fields = fields


class RerateDetailSerializer(RerateSerializer):
    """A job with the accounts that it changes, the largest difference first, 200 at most."""

    changes = serializers.SerializerMethodField()

    class Meta(RerateSerializer.Meta):
        fields = [*RerateSerializer.Meta.fields, "changes"]
        read_only_fields = fields

    @extend_schema_field(RerateChangeSerializer(many=True))
    def get_changes(self, job: RerateJob) -> Any:
        """Return what changes most."""
        rows = queries.largest_changes(job, most=MOST_CHANGES)
        return RerateChangeSerializer(rows, many=True).data


@decided(
    RerateDetailSerializer,
    approve="Approve what somebody else sent, and perform it: what was billed is corrected next.",
    reject="Refuse what somebody else sent; nothing changes.",
)
class RerateViewSet(DecidedViewSet):
    """Jobs that rate usage again."""

    queryset = RerateJob.objects.select_related("charge", "product", "requested_by", "decided_by")
    serializer_class = RerateSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": RATE,
        "send": RATE,
        "approve": APPROVE,
        "reject": APPROVE,
    }

    def get_serializer_class(self) -> Any:
        """Return the job with what it changes where one job is asked for."""
        return RerateSerializer if self.action == "list" else RerateDetailSerializer

    @extend_schema(request=NewRerateSerializer, responses={201: RerateDetailSerializer})
    def create(self, request: Request) -> Response:
        """Compare: rate again, look, and take it back; nothing has changed."""
        data = self.checked(NewRerateSerializer)
        accounts = data.get("accounts")
        job = operations.open_rerate(
            start=data["start"],
            end=data["end"],
            charge=_named(Charge, "reference", data.get("charge")),
            product=_named(Product, "code", data.get("product")),
            account_ids=None if accounts is None else queries.accounts_numbered(accounts),
            reason=data["reason"],
            as_of=clock.now(),
            actor=self.actor,
            most_events=MOST_EVENTS,
        )
        return self.created(self.shown(job))

    @extend_schema(request=NothingSerializer, responses={200: RerateDetailSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str | None = None) -> Response:
        """Send it to a second person for approval."""
        self.checked(NothingSerializer)
        job = operations.request_rerate(job=self.get_object(), requester=self.actor)
        return Response(self.shown(job))

    def approve_row(self, row: RerateJob, comment: str) -> None:
        """Call the operation."""
        operations.approve_rerate(
            job=row, approver=self.actor, as_of=clock.now(), comment=comment,
            most_events=MOST_EVENTS,
        )  # fmt: skip

    def reject_row(self, row: RerateJob, reason: str) -> None:
        """Call the operation."""
        operations.reject_rerate(job=row, approver=self.actor, comment=reason)


def _named(model: Any, field: str, text: str | None) -> Any:
    """Return the row of a name; nothing where none was given."""
    if text is None:
        return None
    found = model.objects.filter(**{field: text}).first()
    if found is None:
        raise Invalid(f"there is no {model._meta.verbose_name} {text!r}", rule="UNKNOWN")
    return found
