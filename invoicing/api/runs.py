"""Bill runs for machines: start, look, approve, post, cancel, resume."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock, scope
from foundation.api import (
    CommentSerializer,
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    NothingSerializer,
    Retrieved,
)
from invoicing import operations, queries, tasks
from invoicing.api.late_usage import LateUsageSerializer
from invoicing.choices import RunKind
from invoicing.models import BillCycle, BillRun, BillRunAccount

VIEW = "invoicing.view_billrun"


class BillRunListSerializer(serializers.ListSerializer):  # type: ignore[type-arg]
    """Runs of a page: their control totals are summed in one look."""

    def to_representation(self, data: Any) -> Any:
        """Sum for all, then show each."""
        runs = list(data)
        cast("BillRunSerializer", self.child).known = queries.totals_of_runs(
            [run.pk for run in runs]
        )
        return super().to_representation(runs)


class BillRunSerializer(HouseModelSerializer):
    """A run with its control totals as they stand."""

    known: Mapping[int, queries.Totals] = MappingProxyType({})
    cycle = serializers.CharField(source="cycle.code")
    totals = serializers.SerializerMethodField()

    class Meta:
        model = BillRun
        list_serializer_class = BillRunListSerializer
        fields = (
            *("id", "kind", "cycle", "bill_date", "cutoff_at", "state", "error", "run_hash"),
            *("totals", "created_at", "approved_at", "posted_at", "closed_at"),
        )
        read_only_fields = fields

    def get_totals(self, run: BillRun) -> dict[str, Any]:
        """Return payers, signed amount and documents by currency and state (BR-8)."""
        found = self.known.get(run.pk)
        return queries.totals_by_currency(run.pk) if found is None else found


class NewRunSerializer(HouseSerializer):
    """What a run is started with."""

    cycle = serializers.CharField(max_length=16)
    bill_date = serializers.DateField()
    kind = serializers.ChoiceField(choices=RunKind.choices, default=RunKind.CYCLE)


class ReasonSerializer(HouseSerializer):
    """Why something is done."""

    reason = serializers.CharField(max_length=500)


class RunAccountSerializer(HouseModelSerializer):
    """A payer in a run."""

    class Meta:
        model = BillRunAccount
        fields = ("id", "run", "payer", "state", "reason", "currency", "amount", "documents")
        read_only_fields = fields


class BillRunViewSet(Listed, Retrieved, HouseViewSet):
    """Bill runs; the work itself is done by the queue, so an answer tells how far it is."""

    queryset = BillRun.objects.select_related("cycle")
    serializer_class = BillRunSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": "invoicing.start_run",
        "approve": "invoicing.approve_run",
        "post_run": "invoicing.post_run",
        "cancel": "invoicing.cancel_run",
        "resume": "invoicing.start_run",
        "late_usage": "invoicing.view_invoice",
    }
    filterset_fields = ("cycle__code", "bill_date", "state", "kind")

    @extend_schema(request=NewRunSerializer, responses={201: BillRunSerializer})
    def create(self, request: Request) -> Response:
        """Start the run of a cycle and date, or return the one there is (F01)."""
        data = self.checked(NewRunSerializer)
        run = operations.start_run(
            cycle=get_object_or_404(BillCycle, code=data["cycle"]),
            bill_date=data["bill_date"],
            cutoff_at=clock.now(),
            actor=self.actor,
            kind=RunKind(data["kind"]),
        )
        tasks.enqueue(run.pk)
        return self.created(BillRunSerializer(run).data)

    @extend_schema(request=CommentSerializer, responses=BillRunSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: Any = None) -> Response:
        """Approve a reviewed run exactly as it stands (BR-6)."""
        data = self.checked(CommentSerializer)
        run = operations.approve_run(run_id=self.pk, actor=self.actor, comment=data["comment"])
        return Response(BillRunSerializer(run).data)

    @extend_schema(request=NothingSerializer, responses=BillRunSerializer)
    @action(detail=True, methods=["post"], url_path="post")
    def post_run(self, request: Request, pk: Any = None) -> Response:
        """Let an approved run be posted (BR-7)."""
        run = operations.post_run(run_id=self.pk, actor=self.actor)
        tasks.enqueue(run.pk)
        return Response(BillRunSerializer(run).data)

    @extend_schema(request=ReasonSerializer, responses=BillRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: Any = None) -> Response:
        """Discard a run before posting (BR-9)."""
        data = self.checked(ReasonSerializer)
        run = operations.cancel_run(run_id=self.pk, actor=self.actor, reason=data["reason"])
        return Response(BillRunSerializer(run).data)

    @extend_schema(request=NothingSerializer, responses=BillRunSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: Any = None) -> Response:
        """Let a run that stopped go on."""
        run = operations.resume_run(run_id=self.pk, actor=self.actor)
        tasks.enqueue(run.pk)
        return Response(BillRunSerializer(run).data)

    @extend_schema(responses={200: LateUsageSerializer(many=True)})
    @action(
        detail=False,
        methods=["get"],
        url_path="late-usage",
        pagination_class=None,
        filter_backends=[],
    )
    def late_usage(self, request: Request) -> Response:
        """Return what came after its days were billed, by account, most worth first (RATE-3).

        All of it, of the entities that the caller works for: what the next documents bill of it
        or give back, worked out by the code of the runs.
        """
        found = operations.late_usage(entities=scope.entities_of(self.actor))
        return Response(LateUsageSerializer(found, many=True).data)


class RunAccountViewSet(Listed, Retrieved, HouseViewSet):
    """Payers in runs, with why they are held or failed."""

    queryset = BillRunAccount.objects.all()
    serializer_class = RunAccountSerializer
    required_permissions = {"list": VIEW, "retrieve": VIEW}
    filterset_fields = ("run", "payer", "state")
