"""Business events for machines: what happened, in the order in which it was recorded."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit import queries
from audit.api.serializers import EventSerializer
from audit.models import BusinessEvent
from audit.rules import topics
from foundation.api import HousePagination, HouseViewSet, Listed, Problem, Retrieved

VIEW: Final = "audit.view_businessevent"
NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
SUBJECT: Final = re.compile(r"([a-z]+\.[a-z]+)(?:/([0-9]{1,18}))?", re.ASCII)


class EventPagination(HousePagination):
    """Pages by key, oldest first, 100 rows unless `page_size` (at most 1,000) says otherwise."""

    page_size = 100
    max_page_size = 1000
    ordering = "id"


class EventViewSet(Listed, Retrieved, HouseViewSet):
    """What happened to what the caller may look at."""

    queryset = BusinessEvent.objects.all()
    serializer_class = EventSerializer
    pagination_class = EventPagination
    required_permissions = {"list": VIEW, "retrieve": VIEW}
    query_parameters = {"list": ("after", "topic", "subject")}

    def get_queryset(self) -> QuerySet[BusinessEvent]:
        """Return the events about what the person and the key have the right to look at."""
        scopes = getattr(self.request.auth, "scopes", None)
        return queries.events_for(self.actor, scopes=scopes)

    @extend_schema(
        parameters=[
            OpenApiParameter("after", int, description="Events with a greater id than this one."),
            OpenApiParameter("topic", str, description="`order.submitted`, or all of `order.*`."),
            OpenApiParameter("subject", str, description="`customers.order`, or one: `…/7`."),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what happened, in order; nothing is shown while an earlier one may still come."""
        return super().list(request, *args, **kwargs)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the events asked for that the caller sees, as far as they are settled."""
        rows = super().filter_queryset(queryset)
        if self.action != "list":
            return rows
        given = self.request.query_params
        rows = rows.filter(pk__lte=queries.settled_event())
        if (after := given.get("after")) is not None:
            rows = rows.filter(pk__gt=_read(NUMBER, after, "after", "a number").group())
        if (topic := given.get("topic")) is not None:
            if not topics.is_pattern(topic):
                raise _wrong("topic", "noun.verb or noun.*")
            rows = rows.filter(queries.of_topics([topic]))
        if (subject := given.get("subject")) is not None:
            kind, pk = _read(SUBJECT, subject, "subject", "room.noun or room.noun/number").groups()
            rows = rows.filter(subject_type=kind, **({} if pk is None else {"subject_id": pk}))
        return rows


def _read(form: re.Pattern[str], text: str, name: str, meant: str) -> re.Match[str]:
    found = form.fullmatch(text)
    if found is None:
        raise _wrong(name, meant)
    return found


def _wrong(name: str, meant: str) -> Problem:
    return Problem(400, "API-PARAMETER", f"{name} is {meant}.")
