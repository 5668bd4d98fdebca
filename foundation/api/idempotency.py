"""A POST sent twice is carried out once: the key, the check of the body, the stored answer.

The store lives a floor above (it needs a table); the setting BILLING_IDEMPOTENCY_STORE names it.
The key is claimed, the work done and the answer stored in one transaction: a request that fails
stores nothing, one that repeats gets the first answer, one that runs at the same time waits.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.request import Request

from foundation.api.problems import Problem

HEADER = "Idempotency-Key"
FORM = re.compile(r"^[\x21-\x7e]{8,128}$")


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer: its status and its body as JSON values."""

    status: int
    body: Any


class Store(Protocol):
    """What keeps keys; both calls run inside the request's transaction."""

    def claim(self, *, client: str, key: str, fingerprint: str) -> Answer | None:
        """Take the key, or return the answer stored under it; a foreign body is a Refusal."""

    def remember(self, *, client: str, key: str, answer: Answer) -> None:
        """Store the answer of a claimed key."""


@cache
def store() -> Store:
    """Return the store that the settings name."""
    return cast(Store, import_string(str(settings.BILLING_IDEMPOTENCY_STORE)))


def key_of(request: Request) -> str:
    """Return the request's key; a POST without one is refused."""
    key = request.headers.get(HEADER, "")
    if not FORM.match(key):
        raise Problem(
            400, "API-IDEMPOTENCY", f"Send {HEADER}: 8 to 128 visible characters, new per request."
        )
    return key


def client_of(request: Request) -> str:
    """Return who owns the key: two clients may use the same one."""
    return f"user:{request.user.pk}"


def fingerprint(request: Request, body: bytes) -> str:
    """Return the fingerprint of a request: method, path and body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).hexdigest()
