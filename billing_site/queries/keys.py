"""What an API key may be given: whom it acts as, and the rights that the API asks for."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet


def service_users() -> QuerySet[User]:
    """Return the users behind keys, by name: active, and none that could log in."""
    return User.objects.filter(is_active=True, is_staff=False, is_superuser=False).order_by(
        "username"
    )


def offered_rights() -> dict[str, str]:
    """Return the rights that some route asks for and some service user has, in words, by code."""
    users = service_users().order_by()
    held = Permission.objects.filter(Q(user__in=users) | Q(group__user__in=users)).distinct()
    return {code: text for code, text in _told(held).items() if code in _asked_for()}


def rights_in_words(codes: Iterable[str]) -> dict[str, str]:
    """Return the words for rights by code; a code that is none any more stands for itself."""
    wanted = list(codes)
    found = Permission.objects.filter(codename__in=[code.rpartition(".")[2] for code in wanted])
    words = _told(found)
    return {code: words.get(code, code) for code in wanted}


def _told(rights: QuerySet[Permission]) -> dict[str, str]:
    """Return rights by code with their words, room by room: "Load usage files"."""
    rows = rights.select_related("content_type").order_by("content_type__app_label", "codename")
    return {
        f"{one.content_type.app_label}.{one.codename}": _capital(one.name.removeprefix("Can "))
        for one in rows
    }


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _asked_for() -> set[str]:
    """Return the rights that the routes of the API ask for."""
    from billing_site.urls import api_router  # the addresses import the pages that ask here

    return {
        right
        for _, view, _ in api_router().registry
        for rights in getattr(view, "required_permissions", {}).values()
        for right in ([rights] if isinstance(rights, str) else rights)
    }
