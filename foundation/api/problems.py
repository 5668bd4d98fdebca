"""Errors as problem+json (RFC 9457), each with the rule that was broken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError
from django.http import Http404
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.settings import api_settings

from foundation.errors import Refusal, translate_database_error

CONTENT_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

TITLES = {
    400: "The request is not valid",
    401: "Say who you are",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Refused",
    413: "The request is too large",
    415: "Unsupported media type",
    422: "The request cannot be carried out",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Try again later",
}


class Problem(exceptions.APIException):
    """An error of the API itself, with its status and rule."""

    def __init__(self, status_code: int, rule: str, message: str) -> None:
        self.status_code = status_code
        self.rule = rule
        super().__init__(detail=message, code=rule)


class ErrorDetailSerializer(serializers.Serializer[Any]):
    """One thing wrong with one part of the request."""

    field = serializers.CharField()
    rule = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """The body of every error answer."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    rule = serializers.CharField(required=False)
    errors = ErrorDetailSerializer(many=True, required=False)  # type: ignore[assignment]


def problem(
    status_code: int, detail: str, *, rule: str = "", errors: list[dict[str, str]] | None = None
) -> Response:
    """Return the error answer."""
    body: dict[str, Any] = {
        "type": f"urn:billing-engine:rule:{rule}" if rule else "about:blank",
        "title": TITLES.get(status_code, "The request failed"),
        "status": status_code,
        "detail": detail,
    }
    if rule:
        body["rule"] = rule
    if errors:
        body["errors"] = errors
    return Response(body, status=status_code, content_type=CONTENT_TYPE)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn whatever a view raised into problem+json; what is our fault stays an exception."""
    if isinstance(exc, Refusal):
        return problem(exc.http_status, str(exc.message), rule=exc.rule)
    if isinstance(exc, DatabaseError):
        refusal = translate_database_error(exc)
        return problem(refusal.http_status, str(refusal.message), rule=refusal.rule)
    if isinstance(exc, Http404):
        return problem(404, "There is no such object, or it is not yours to see.", rule="API-ID")
    if isinstance(exc, PermissionDenied):
        return problem(403, str(exc) or "You lack the permission for this.", rule="AUTH-2")
    if isinstance(exc, DjangoValidationError):
        exc = exceptions.ValidationError(serializers.as_serializer_error(exc))
    if isinstance(exc, exceptions.ValidationError):
        errors = list(flat(exc.detail))
        rule = errors[0]["rule"] if len(errors) == 1 else ""
        return problem(
            status.HTTP_400_BAD_REQUEST,
            "; ".join(sentence(error) for error in errors[:5]),
            rule=rule,
            errors=errors,
        )
    if isinstance(exc, exceptions.APIException):
        rule = exc.rule if isinstance(exc, Problem) else str(exc.default_code)
        response = problem(exc.status_code, str(exc.detail), rule=rule)
        for header, value in _headers(exc).items():
            response[header] = value
        return response
    if isinstance(exc, RecursionError):
        return problem(400, "The request is nested too deeply.", rule="API-DEPTH")
    log.error("API view failed", exc_info=exc)
    return None


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    challenge, wait = getattr(exc, "auth_header", None), getattr(exc, "wait", None)
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    if wait:
        headers["Retry-After"] = str(int(wait))
    return headers


def sentence(error: dict[str, str]) -> str:
    """Return one error as a line."""
    return f"{error['field']}: {error['message']}" if error["field"] else error["message"]


def flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Return every error of a nested detail with the path of the field it is about."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            general = name == api_settings.NON_FIELD_ERRORS_KEY
            below = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}".lstrip(".")
            yield from flat(inner, path if general else below)
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            deeper = isinstance(inner, dict | list)
            yield from flat(inner, f"{path}[{position}]" if deeper else path)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"field": path, "rule": str(code), "message": str(detail)}
