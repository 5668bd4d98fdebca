"""Interim bills for machines: who has reached a limit, how far one is, bill it now (UNIT-8)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Account
from foundation import clock, scope
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    NumberedField,
    Problem,
    Retrieved,
)
from invoicing import operations, tasks
from invoicing.api.runs import VIEW, BillRunSerializer
from invoicing.models import InterimBill


class InterimBillSerializer(HouseModelSerializer):
    """That usage reached its limit on a day, and the run that bills it."""

    account = serializers.CharField(source="payer.number", read_only=True)
    charge = serializers.CharField(source="charge.reference", read_only=True)
    worth = MoneyField(read_only=True)
    limit = MoneyField(source="threshold", read_only=True)

    class Meta:
        model = InterimBill
        fields = [
            "id", "run", "account", "charge", "on_date", "period_start", "worth", "limit",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class LimitStandingSerializer(HouseSerializer):
    """How far usage that is not billed yet has come, before discounts and tax; `end` exclusive."""

    account = serializers.CharField(source="payer.number")
    charge = serializers.CharField(source="charge.reference")
    period_start = serializers.DateField(source="period.start")
    period_end = serializers.DateField(source="period.end")
    worth = MoneyField(currency_attribute="payer.currency")
    limit = MoneyField(source="threshold", currency_attribute="payer.currency")
    has_reached = serializers.BooleanField()


class AskInterimSerializer(HouseSerializer):
    """Whose usage is to be billed now."""

    account = NumberedField(Account.objects.all(), help_text="Number of a paying account.")


class InterimBillViewSet(Listed, Retrieved, HouseViewSet):
    """Bills inside a period for usage that reached its limit, now and before."""

    queryset = InterimBill.objects.select_related("payer", "charge")
    serializer_class = InterimBillSerializer
    required_permissions = {
        "list": VIEW,
        "retrieve": VIEW,
        "create": "invoicing.start_run",
        "reached": VIEW,
        "limits": VIEW,
    }
    own = frozenset({"create"})
    query_parameters = {"limits": ("account",)}
    filterset_fields = {
        "payer__number": ["exact"],
        "charge__reference": ["exact"],
        "on_date": ["gte", "lte"],
        "run": ["exact"],
    }

    @extend_schema(request=AskInterimSerializer, responses={201: BillRunSerializer})
    def create(self, request: Request) -> Response:
        """Bill what an account has used above its limits now; the run of today if there is one.

        Refused where nothing has reached its limit by yesterday, with how far each charge is.
        """
        data = self.checked(AskInterimSerializer)
        run = operations.start_interim(payer=data["account"], as_of=clock.now(), actor=self.actor)
        tasks.enqueue(run.pk)
        return self.created(BillRunSerializer(run).data)

    @extend_schema(responses={200: LimitStandingSerializer(many=True)})
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def reached(self, request: Request) -> Response:
        """Return whose usage has reached its limit by yesterday, and waits for the next look.

        Of the entities that the caller works for; accounts that a run holds are left out.
        """
        found = operations.reached_limits(
            day=clock.today(ZoneInfo("UTC")), entities=scope.entities_of(self.actor)
        )
        return Response(LimitStandingSerializer(found, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("account", str, required=True)],
        responses={200: LimitStandingSerializer(many=True)},
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def limits(self, request: Request) -> Response:
        """Return how far the usage of a paying account has come to its limits by yesterday."""
        number = request.query_params.get("account", "")
        payer = scope.narrowed(Account.objects.filter(number=number), self.actor).first()
        if payer is None:
            raise Problem(400, "API-PARAMETER", "Say account, the number of a paying account.")
        found = operations.limits_of(payer=payer, day=clock.today(ZoneInfo("UTC")))
        return Response(LimitStandingSerializer(found, many=True).data)
