"""Who may open what, taken from the running project and compared with the role table.

Every admin list and add page, every page of the console and every route of the API × every role:
allowed exactly where the table says so; whoever is not logged in sees nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic import TemplateView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.exceptions import PermissionDenied as ApiDenied
from rest_framework.test import APIRequestFactory

from billing_site import roles
from billing_site.roles import PACKAGES
from billing_site.urls import api_router
from foundation.admin import HouseAdmin
from foundation.api import HouseViewSet
from foundation.screens import STAFF, ActionView, Screen
from foundation.screens import frame as frame_module

OPEN_TO_ALL = {"/healthz", "/readyz"}
# Pages of Django's own admin that every member of staff has.
STAFF_PAGES = {"login", "logout", "password_change", "password_change_done", "jsi18n"}


def patterns(resolver: Any, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def pages() -> list[tuple[str, Any]]:
    return [(path, page) for path, page in patterns(get_resolver()) if "/console/" in path]


def arguments(page: Any) -> dict[str, Any]:
    """Return something for each part of an address."""
    parts = page.pattern.converters
    return {name: 1 if "Int" in type(part).__name__ else "x" for name, part in parts.items()}


def routes() -> Iterator[tuple[str, type[HouseViewSet], str, str]]:
    """Yield prefix, view set, action and method of every route."""
    router = api_router()
    for prefix, found, _ in router.registry:
        view_set = cast("type[HouseViewSet]", found)
        for route in router.get_routes(view_set):
            for method, action in route.mapping.items():
                if hasattr(view_set, action) and method in view_set.http_method_names:
                    yield prefix, view_set, action, method


@pytest.fixture
def rights(people: None) -> dict[str, set[str]]:
    """Return each demo user's rights by the role table, not by what the groups hold."""
    existing = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }
    return {role.username: roles.expand(role.may, existing)[0] for role in roles.ROLES}


def user(name: str) -> User:
    return User.objects.get(username=name)


@pytest.mark.django_db
def test_every_right_of_the_role_table_exists() -> None:
    existing = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.select_related("content_type")
    }
    absent = {name for role in roles.ROLES for name in roles.expand(role.may, existing)[1]}
    assert not absent


def test_every_own_right_of_the_rooms_is_given_to_somebody(rights: dict[str, set[str]]) -> None:
    """A verb that no role may do cannot be done by anybody."""
    own = {
        f"{right.content_type.app_label}.{right.codename}"
        for right in Permission.objects.filter(content_type__app_label__in=PACKAGES)
        if not right.codename.startswith(("view_", "add_", "change_", "delete_"))
    }
    idle = own - set().union(*rights.values())
    assert not idle


def test_nobody_may_delete_anything(rights: dict[str, set[str]]) -> None:
    assert not {name for held in rights.values() for name in held if ".delete_" in name}


# -- the console ----------------------------------------------------------------------------------


def test_every_page_of_the_console_is_a_screen_with_a_permission() -> None:
    bare = [
        path
        for path, page in pages()
        if not issubclass(getattr(page.callback, "view_class", object), Screen)
        or not page.callback.view_class().required_permissions()
    ]
    assert not bare


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.username)
def test_pages_open_exactly_as_the_table_says(
    role: roles.Role,
    rights: dict[str, set[str]],
    rf: RequestFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TemplateView, "dispatch", lambda *a, **k: HttpResponse("in"))
    monkeypatch.setattr(frame_module, "refuse", lambda *a, **k: HttpResponse("out", status=403))
    person, wrong = user(role.username), []
    for path, page in pages():
        request = rf.post("/") if issubclass(page.callback.view_class, ActionView) else rf.get("/")
        request.user = person
        needed = set(page.callback.view_class().required_permissions()) - {STAFF}
        expected = person.is_staff and needed <= rights[role.username]
        try:
            is_in = page.callback(request, **arguments(page)).status_code == 200
        except Http404:
            is_in = True
        if is_in != expected:
            wrong.append(path)
    assert not wrong


def test_whoever_is_not_logged_in_is_sent_to_the_login(rf: RequestFactory, db: None) -> None:
    for path, page in pages():
        request = rf.get("/")
        request.user = AnonymousUser()
        assert page.callback(request, **arguments(page)).status_code == 302, path


# -- the admin ------------------------------------------------------------------------------------


def house_admins() -> list[tuple[Any, Any]]:
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


def test_every_admin_page_is_built_on_the_house_class() -> None:
    stray = [m._meta.label for m, page in house_admins() if not isinstance(page, HouseAdmin)]
    assert not stray


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.username)
def test_admin_pages_open_exactly_as_the_table_says(
    role: roles.Role, rights: dict[str, set[str]], rf: RequestFactory
) -> None:
    person, wrong = user(role.username), []
    if not person.is_staff:
        return
    held = rights[role.username]
    for model, page in house_admins():
        name = f"{model._meta.app_label}.{{}}_{model._meta.model_name}"
        views = {name.format("view"), name.format("change")} & held
        request = rf.get("/")
        request.user = person
        may_list = may_add = True
        try:
            page.changelist_view(request)
        except PermissionDenied:
            may_list = False
        if may_list != bool(views):
            wrong.append(f"{model._meta.label} list: {may_list}")
        may_add = page.has_add_permission(request)
        may_change = page.has_change_permission(request)
        if may_add and name.format("add") not in held:
            wrong.append(f"{model._meta.label} add")
        if may_change and name.format("change") not in held:
            wrong.append(f"{model._meta.label} change")
        if page.has_delete_permission(request):
            wrong.append(f"{model._meta.label} delete")
    assert not wrong


def test_admin_actions_ask_for_a_permission() -> None:
    for _, page in house_admins():
        assert not [error for error in page.check() if error.id == "house.E001"]


def test_every_admin_list_and_add_page_renders(people: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    for model, page in house_admins():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(base).status_code == 200, base
        assert client.get(base, {"q": "x"}).status_code == 200, base
        request = RequestFactory().get("/")
        request.user = user("root")
        if page.has_add_permission(request):
            assert client.get(f"{base}add/").status_code == 200, base


def test_every_list_page_of_the_console_renders_empty(people: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    for path, page in pages():
        if "<" in path or issubclass(page.callback.view_class, ActionView):
            continue
        assert client.get(path, follow=True).status_code == 200, path


# -- the API --------------------------------------------------------------------------------------


def test_every_route_of_the_api_declares_its_permission() -> None:
    missing = [
        f"{prefix} {action}"
        for prefix, view_set, action, _ in routes()
        if not (issubclass(view_set, HouseViewSet) and view_set.required_permissions.get(action))
    ]
    assert not missing


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.username)
def test_routes_open_exactly_as_the_table_says(
    role: roles.Role, rights: dict[str, set[str]]
) -> None:
    person, wrong = user(role.username), []
    for prefix, view_set, action, method in routes():
        view = view_set()
        view.action = action
        view.args, view.kwargs, view.format_kwarg = (), {}, None
        view.action_map = {method: action}
        request = view.initialize_request(getattr(APIRequestFactory(), method)("/"))
        view.action = action
        request.user, request.auth = person, None  # type: ignore[assignment]
        declared = view_set.required_permissions[action]
        needed = {declared} if isinstance(declared, str) else set(declared)
        try:
            view.check_permissions(request)
            is_in = True
        except ApiDenied:
            is_in = False
        if is_in != (needed <= rights[role.username]):
            wrong.append(f"{method} {prefix} {action}")
    assert not wrong


def test_nobody_uses_the_api_without_saying_who(db: None) -> None:
    for _, view_set, action, method in routes():
        view = view_set()
        view.action = action
        view.args, view.kwargs, view.format_kwarg = (), {}, None
        view.action_map = {method: action}
        request = view.initialize_request(getattr(APIRequestFactory(), method)("/"))
        view.action = action
        with pytest.raises(NotAuthenticated):
            view.check_permissions(request)
