"""Usage by API: bulk events with a result per row, files, suspense."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api import HousePagination, HouseViewSet, Listed, Problem, Retrieved
from foundation.api.idempotency import key_of
from foundation.api.parsers import RowsParser
from rating import operations, queries
from rating.api import serializers
from rating.api.asked import ACCOUNT, DAYS, account_asked, days_asked
from rating.api.write_offs import WriteOffSerializer
from rating.models import SuspenseItem, Usage, UsageFile, UsageSource


class EventPagination(HousePagination):
    """Newest events first; the id breaks ties."""

    ordering = ("-event_start", "-id")  # type: ignore[assignment]


class UsageEventViewSet(Listed, HouseViewSet):
    """Send usage in bulk, read the stored events of an account, amend or cancel one."""

    queryset = Usage.objects.none()
    parser_classes = [RowsParser]
    serializer_class = serializers.UsageEventSerializer
    pagination_class = EventPagination
    required_permissions = {
        "list": "rating.view_usageevent",
        "create": "rating.load_usage",
        "amend": "rating.recycle_suspense",
        "cancel": "rating.write_off_usage",
    }
    query_parameters = {"list": ("account_id", "from", "to", "identifier")}

    @extend_schema(parameters=[ACCOUNT, *DAYS, OpenApiParameter("identifier", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the events of one account over some days, newest first."""
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        """Return events bounded by account and days."""
        if getattr(self, "swagger_fake_view", False):
            return Usage.objects.none()
        asked = self.request.query_params
        account = account_asked(asked)
        start, end = days_asked(asked)
        return queries.events(
            account_ids=[account],
            start=start,
            end=end,
            identifier=asked.get("identifier", ""),
        )

    @extend_schema(
        request=serializers.UsageCallSchemaSerializer,
        responses={200: serializers.UsageCallAnswerSerializer},
    )
    def create(self, request: Request) -> Response:
        """Load up to 10,000 rows; each answers LOADED, DUPLICATE or SUSPENDED with its reason."""
        data = self.checked(serializers.UsageCallSerializer)
        source = UsageSource.objects.filter(code=data["source"]).first()
        if source is None:
            raise Problem(422, "SOURCE", "There is no such usage source.")
        file, results = operations.load_events(
            source=source,
            rows=data["rows"],
            request_id=f"{request.user.pk}:{key_of(request)}",
            received_at=clock.now(),
            actor=request.user,  # type: ignore[arg-type]  # authenticated by the permission
        )
        return Response(serializers.answer(file, results))

    @extend_schema(
        request=serializers.AmendSerializer,
        responses={200: serializers.SuspenseItemSerializer},
    )
    @action(detail=False, methods=["post"])
    def amend(self, request: Request) -> Response:
        """Put one event through the pipeline again with other values; answers its record."""
        data = self.checked(serializers.AmendSerializer)
        item = operations.amend_event(
            account_id=data["account_id"],
            event_id=data["event_id"],
            corrections=data["corrections"],
            reason=data["reason"],
            as_of=clock.now(),
            actor=self.actor,
        )
        return Response(serializers.SuspenseItemSerializer(item).data)

    @extend_schema(
        request=serializers.CancelSerializer,
        responses={200: serializers.SuspenseItemSerializer},
    )
    @action(detail=False, methods=["post"])
    def cancel(self, request: Request) -> Response:
        """Take one event back for ever; answers its record."""
        data = self.checked(serializers.CancelSerializer)
        item = operations.cancel_event(
            account_id=data["account_id"],
            event_id=data["event_id"],
            reason=data["reason"],
            as_of=clock.now(),
            actor=self.actor,
        )
        return Response(serializers.SuspenseItemSerializer(item).data)


class UsageFileViewSet(Listed, Retrieved, HouseViewSet):
    """Usage files with their control totals."""

    queryset = UsageFile.objects.select_related("source")
    serializer_class = serializers.UsageFileSerializer
    required_permissions = {
        "list": "rating.view_usagefile",
        "retrieve": "rating.view_usagefile",
    }
    filterset_fields = ("state", "source__code", "format")


class SuspenseViewSet(Listed, Retrieved, HouseViewSet):
    """Suspended usage: read, correct and recycle, ask that it be written off."""

    queryset = SuspenseItem.objects.select_related("owner")
    serializer_class = serializers.SuspenseItemSerializer
    required_permissions = {
        "list": "rating.view_suspenseitem",
        "retrieve": "rating.view_suspenseitem",
        "recycle": "rating.recycle_suspense",
        "write_off": "rating.recycle_suspense",
    }
    filterset_fields = (
        "state",
        "reason",
        "usage_type",
        "identifier",
        "file",
        "basis",
        "write_off",
    )

    @extend_schema(
        request=serializers.RecycleSerializer, responses={200: serializers.RecycledSerializer}
    )
    @action(detail=False, methods=["post"])
    def recycle(self, request: Request) -> Response:
        """Correct rows and put them through the pipeline again."""
        data = self.checked(serializers.RecycleSerializer)
        result = operations.recycle(
            item_ids=data["item_ids"],
            corrections=data.get("corrections"),
            as_of=clock.now(),
            actor=request.user,  # type: ignore[arg-type]  # authenticated by the permission
        )
        return Response(serializers.RecycledSerializer(result).data)

    @extend_schema(request=serializers.AskWriteOffSerializer, responses={201: WriteOffSerializer})
    @action(detail=False, methods=["post"], url_path="write-off")
    def write_off(self, request: Request) -> Response:
        """Ask that rows be given up, saying why; a second person decides."""
        data = self.checked(serializers.AskWriteOffSerializer)
        asked = operations.request_write_off(
            item_ids=data["item_ids"],
            reason=data["reason"],
            as_of=clock.now(),
            requester=self.actor,
        )
        return self.created(WriteOffSerializer(asked).data)
