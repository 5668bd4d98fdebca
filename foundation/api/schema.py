"""How view sets describe themselves in OpenAPI: parameters, the key of a POST, the problems."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from foundation.api.idempotency import HEADER
from foundation.api.problems import CONTENT_TYPE, ProblemSerializer

KEY = OpenApiParameter(
    name=HEADER,
    location=OpenApiParameter.HEADER,
    required=True,
    type=str,
    description="New for every request; the same key with the same body gets the same answer.",
)
PROBLEMS = {
    "400": "The request is not valid: unknown parameter or field, wrong form.",
    "401": "No key and no session.",
    "403": "The permission or the key's scope is missing.",
    "404": "No such object.",
    "409": "Refused by a rule of the books; `rule` says which.",
    "422": "Understood, but it cannot be meant.",
    "429": "Too many requests.",
}


class HouseSchema(AutoSchema):
    """Adds what every view set of the house has."""

    def get_override_parameters(self) -> list[Any]:
        """Return the action's query parameters, and the Idempotency-Key of a POST that acts."""
        action = getattr(self.view, "action", "")
        names = getattr(self.view, "query_parameters", {}).get(action, ())
        own = [OpenApiParameter(name=name, type=str) for name in names]
        acts = self.method == "POST" and action not in getattr(self.view, "asking", ())
        return [*own, KEY] if acts else own

    def get_filter_backends(self) -> list[Any]:
        """Return what narrows a list; the answer to a POST is never narrowed."""
        return [] if self.method == "POST" else super().get_filter_backends()

    def _get_paginator(self) -> Any:
        """Return what cuts a list into pages; the answer to a POST is given whole."""
        return None if self.method == "POST" else super()._get_paginator()

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        codes = ["400", "401", "403", "404", "429"]
        if self.method == "POST":
            codes += ["409", "422"]
        component = self.resolve_serializer(ProblemSerializer, direction)
        for code in codes:
            bodies.setdefault(
                code,
                {
                    "description": PROBLEMS[code],
                    "content": {CONTENT_TYPE: {"schema": component.ref}},
                },
            )
        return bodies
