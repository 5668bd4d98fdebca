"""Which addresses a person may open, so that no page leads to a refusal."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve

NUMBER = re.compile(r"(?<=/)\d+(?=/)")


def may_open(request: HttpRequest | None, url: str) -> bool:
    """Say whether whoever asks may see the page of `url`; the admin decides for itself."""
    user: Any = getattr(request, "user", None)
    if not url or user is None:
        return True
    path = urlsplit(url).path
    rights = _rights(NUMBER.sub("1", path), settings.ROOT_URLCONF)
    return all(user.has_perm(right) for right in rights if "." in right)


@lru_cache(maxsize=2048)
def _rights(path: str, urlconf: str) -> tuple[str, ...]:
    """Return what the page of an address asks for, whatever object it is about."""
    try:
        view: Any = resolve(path, urlconf).func
    except Resolver404:
        return ()
    screen = getattr(view, "view_class", None)
    if screen is None or not hasattr(screen, "required_permissions"):
        return ()
    rights: tuple[str, ...] = screen(**view.view_initkwargs).required_permissions()
    return rights
