"""How a program says who it is: an API key in the Authorization header."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

import audit.operations
import audit.queries
from audit.models import ApiKey
from audit.operations.api_keys import hash_of

SCHEME = "Api-Key"


def secret_of(request: HttpRequest | Request) -> str | None:
    """Return the secret that the request shows; None where it shows none."""
    parts = get_authorization_header(request).split()  # type: ignore[arg-type]
    if len(parts) != 2 or parts[0].lower() != SCHEME.lower().encode():
        return None
    return parts[1].decode("latin-1")[:200]


def key_of(request: HttpRequest) -> ApiKey | None:
    """Return the live key that the request shows; looked up once per request."""
    if not hasattr(request, "api_key"):
        secret = secret_of(request)
        request.api_key = (  # type: ignore[attr-defined]
            audit.queries.live_api_key(hash_of(secret)) if secret else None
        )
    found: ApiKey | None = request.api_key  # type: ignore[attr-defined]
    return found


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key bk_…`; the request may do what both the key and its user may."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's user and the key; None where another way of saying who is used."""
        secret = secret_of(request)
        if secret is None:
            return None
        key = key_of(request._request)
        if key is None:
            raise AuthenticationFailed("The key is unknown, expired or revoked.")
        audit.operations.mark_used(key_id=key.pk)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge, so that a missing key is 401."""
        return SCHEME


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Describes the header in OpenAPI."""

    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f'"{SCHEME} <secret>"; keys are issued by an access administrator.',
        }
