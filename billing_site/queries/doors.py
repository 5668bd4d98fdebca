"""Whether a person may open a page, asked of the page itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import resolve, reverse

from foundation.screens import STAFF, Screen


@cache
def _rights(url_name: str) -> tuple[frozenset[str], ...]:
    """Return the sets of rights of which one is enough to open the page."""
    view: Any = resolve(reverse(url_name)).func
    view_class = getattr(view, "view_class", None)
    if view_class is not None and issubclass(view_class, Screen):
        return (frozenset(view_class().required_permissions()) - {STAFF},)
    for model in admin.site._registry:
        label, name = model._meta.app_label, model._meta.model_name
        if url_name == f"admin:{label}_{name}_changelist":
            return (frozenset({f"{label}.view_{name}"}), frozenset({f"{label}.change_{name}"}))
    return (frozenset(),)


def may_open(user: Any, url_name: str) -> bool:
    """Tell whether the person may open the page of that name (one without arguments)."""
    return any(user.has_perms(rights) for rights in _rights(url_name))
