"""The doors of the running project, each with a way to try it, and the tables to compare with.

A door is a page of the console, a verb of such a page, a file that it hands out, an act in the
admin, or a method of the API. They are found in the URL conf, the admin registry and the router,
never listed by hand; what they should answer to each role is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from billing_site import roles
from billing_site.urls import api_router
from foundation.screens import ActionView, Screen

HERE = Path(__file__).parent
USERS = tuple(role.username for role in roles.ROLES)
requests = RequestFactory()


@dataclass(frozen=True)
class Door:
    """One thing that can be done, by its name in the table; `admits` tries it as somebody."""

    name: str
    admits: Callable[[User], bool]


def table(name: str) -> dict[str, set[str]]:
    """Return the roles that may go through each door of a committed table."""
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split()[1:]
    assert tuple(columns) == USERS, f"the columns of {name}.txt are the roles"
    found: dict[str, set[str]] = {}
    for line in lines[1:]:
        if not line.strip() or line.startswith("#"):
            continue
        door, *flags = line.rsplit(None, len(columns))
        assert set(flags) <= {"x", "."}, line
        assert door.strip() not in found, f"{door} twice"
        found[door.strip()] = {c for c, flag in zip(columns, flags, strict=True) if flag == "x"}
    return found


def patterns(resolver: Any, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its pattern."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def plain(path: str) -> str:
    """Return an address as people write it: parts in angle brackets, no anchors."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", path)
    return re.sub(r"<\w+:(\w+)>", r"<\1>", path).replace("^", "").replace("$", "")


def pages() -> list[tuple[str, Any]]:
    """Return the console's addresses with their patterns."""
    return [(path, page) for path, page in patterns(get_resolver()) if "/console/" in path]


WORDS = {"label": "customers.account"}


def arguments(page: Any, verb: str = "") -> dict[str, Any]:
    """Return something for each part of an address."""
    parts = page.pattern.converters or dict.fromkeys(page.pattern.regex.groupindex, None)
    field = page.callback.view_class.verb_field
    return {
        name: verb if name == field else 1 if converts(page, name) else WORDS.get(name, "x")
        for name in parts
    }


def converts(page: Any, name: str) -> bool:
    """Tell whether a part of an address is a number."""
    converter = page.pattern.converters.get(name)
    return converter is None or "Int" in type(converter).__name__


def console() -> Iterator[Door]:
    """Yield every page, each verb of a page that has several, and each file handed out."""
    for path, page in pages():
        view: type[Screen] = page.callback.view_class
        in_address = view.verb_field in page.pattern.regex.groupindex
        is_page = not in_address and not (view.verbs and issubclass(view, ActionView))
        if is_page:
            yield Door(plain(path), _screen(page, "post" if issubclass(view, ActionView) else ""))
        for verb in view.verbs:
            yield Door(f"{plain(path)} [{verb}]", _screen(page, "post", verb))
        if view().get_export_permission():
            yield Door(f"{plain(path)} [export]", _screen(page, "export"))


def _screen(page: Any, how: str, verb: str = "") -> Callable[[User], bool]:
    def admits(person: User) -> bool:
        field = page.callback.view_class.verb_field
        request = (
            requests.post("/", {field: verb} if verb else {})
            if how == "post"
            else requests.get("/", {"export": "csv"} if how == "export" else {})
        )
        request.user = person
        try:
            return int(page.callback(request, **arguments(page, verb)).status_code) == 200
        except Http404:
            return True

    return admits


def house_admins() -> list[tuple[Any, Any]]:
    """Return the models of the admin with their pages."""
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


ACTION_LISTS = ("actions_list", "actions_row", "actions_detail", "actions_submit_line")


def admin_acts() -> Iterator[Door]:
    """Yield what the admin lets people do with each model, every declared action included."""
    for model, page in house_admins():
        label = model._meta.label_lower
        for act in ("view", "add", "change", "delete"):
            yield Door(f"{label} {act}", _admin(page, act))
        for name in ("actions", *ACTION_LISTS):
            for action in getattr(page, name, None) or ():
                spoken = action if isinstance(action, str) else action.__name__
                yield Door(f"{label} [{spoken}]", _action(page, spoken))
        for inline in page.inlines:
            for act in ("view", "add", "change", "delete"):
                inner = f"{label} / {inline.model._meta.label_lower} {act}"
                yield Door(inner, _admin(inline(model, admin.site), act))


def _admin(page: Any, act: str) -> Callable[[User], bool]:
    def admits(person: User) -> bool:
        request = requests.get("/")
        request.user = person
        if not person.is_staff:
            return False
        allowed = bool(getattr(page, f"has_{act}_permission")(request))
        if act == "view" and hasattr(page, "changelist_view"):
            try:
                page.changelist_view(request)
            except PermissionDenied:
                return False
        return allowed

    return admits


def _action(page: Any, name: str) -> Callable[[User], bool]:
    def admits(person: User) -> bool:
        request = requests.get("/")
        request.user = person
        method = getattr(page, name)
        allowed = [getattr(page, f"has_{one}_permission") for one in method.allowed_permissions]
        return person.is_staff and any(check(request) for check in allowed)

    return admits


def api() -> Iterator[Door]:
    """Yield every method of every route."""
    for pattern in api_router().urls:
        path = plain(str(pattern.pattern))
        view: Any = pattern.callback
        for method, action in view.actions.items():
            if method in view.cls.http_method_names:
                yield Door(f"{method.upper()} {path} {action}", _call(method, path))


def _call(method: str, path: str) -> Callable[[User], bool]:
    def admits(person: User) -> bool:
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(person)
        address = "/api/v1/" + re.sub(r"<\w+>", "1", path)
        return int(getattr(client, method)(address, {}, format="json").status_code) != 403

    return admits
