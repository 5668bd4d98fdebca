"""Whether a person may open a page, asked of the page itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import resolve, reverse

from foundation import scope
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


@cache
def _is_for_limited(url_name: str) -> bool:
    """Tell whether who works for some legal entities only finds anything on the page."""
    view: Any = resolve(reverse(url_name)).func
    view_class = getattr(view, "view_class", None)
    if view_class is not None and issubclass(view_class, Screen):
        return view_class.is_for_limited()
    return all(
        scope.rule_of(model) != scope.WHOLE
        for model in admin.site._registry
        if url_name == f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    )


def may_open(user: Any, url_name: str) -> bool:
    """Tell whether the person may open the page of that name (one without arguments)."""
    if scope.entities_of(user) is not None and not _is_for_limited(url_name):
        return False
    return any(user.has_perms(rights) for rights in _rights(url_name))
