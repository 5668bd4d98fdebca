"""What one person asks for and another decides, for machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api import CommentSerializer, HouseSerializer, HouseViewSet, Listed, Retrieved

V = TypeVar("V", bound=HouseViewSet)


class WhySerializer(HouseSerializer):
    """Why it is done."""

    reason = serializers.CharField(min_length=5, max_length=300)


def decided(serializer: type[Any], *, approve: str, reject: str) -> Callable[[type[V]], type[V]]:
    """Publish what the two decisions of a view set do, and what they answer."""
    answers = {200: serializer}
    return extend_schema_view(
        approve=extend_schema(request=CommentSerializer, responses=answers, description=approve),
        reject=extend_schema(request=WhySerializer, responses=answers, description=reject),
    )


class DecidedViewSet(Listed, Retrieved, HouseViewSet):
    """What somebody asked for: read it, and approve or reject it as somebody else."""

    filterset_fields = ("state",)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Approve what somebody else asked, and perform it."""
        data = self.checked(CommentSerializer)
        row = self.get_object()
        self.approve_row(row, data["comment"])
        return Response(self.shown(row))

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str | None = None) -> Response:
        """Refuse what somebody else asked, saying why."""
        data = self.checked(WhySerializer)
        row = self.get_object()
        self.reject_row(row, data["reason"])
        return Response(self.shown(row))

    def approve_row(self, row: Any, comment: str) -> None:
        """Call the operation."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def reject_row(self, row: Any, reason: str) -> None:
        """Call the operation."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")
