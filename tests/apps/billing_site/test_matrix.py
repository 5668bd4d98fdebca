"""What holds of every page, admin and route of the running project, whatever the role.

Each declares what it takes; whoever is not logged in sees nothing; every page renders. Which role
comes in where stands in the tables of `access/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import cast

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.test import Client, RequestFactory
from django.urls import URLPattern
from rest_framework.exceptions import NotAuthenticated
from rest_framework.test import APIRequestFactory

from billing_site import roles
from billing_site.roles import PACKAGES
from billing_site.urls import api_router
from foundation.admin import DefinedAdmin, HouseAdmin
from foundation.api import HouseViewSet
from foundation.screens import ActionView, Screen
from tests.apps.billing_site.access.doors import arguments, house_admins, pages

OPEN_TO_ALL = {"/healthz", "/readyz"}
# What Django's admin and its theme serve besides the pages of models. "search" looks through the
# lists of the admin, as who searches sees them; "view_on_site" goes where a model says, and none
# of ours does.
SITE_PAGES = {
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete",
    "jsi18n", "view_on_site", "app_list", "search", "toggle_sidebar",
}  # fmt: skip
MODEL_PAGES = {"changelist", "add", "history", "delete", "change"}
OWN_MODEL_PAGES = {"auth_user_password_change"}


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


def test_whoever_is_not_logged_in_is_sent_to_the_login(rf: RequestFactory, db: None) -> None:
    for path, page in pages():
        request = rf.get("/")
        request.user = AnonymousUser()
        assert page.callback(request, **arguments(page)).status_code == 302, path


# -- the admin ------------------------------------------------------------------------------------


def test_every_admin_page_is_built_on_the_house_class() -> None:
    stray = [m._meta.label for m, page in house_admins() if not isinstance(page, HouseAdmin)]
    assert not stray


def test_the_admin_has_no_page_that_the_tables_do_not_know() -> None:
    strange = []
    for entry in admin.site.get_urls():
        name = getattr(entry, "name", None)
        if isinstance(entry, URLPattern) and name and name not in SITE_PAGES:
            strange.append(str(entry.pattern))
    for model, page in house_admins():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        for entry in page.get_urls():
            name = entry.name or ""
            if name and name.removeprefix(prefix) not in MODEL_PAGES | OWN_MODEL_PAGES:
                strange.append(f"{model._meta.label} {name}")
    assert not [name for name in strange if name.split()[-1] not in OWN_MODEL_PAGES]


def test_admin_actions_ask_for_a_permission() -> None:
    for _, page in house_admins():
        assert not [error for error in page.check() if error.id == "house.E001"]


def test_a_form_of_the_admin_asks_for_what_its_operation_takes(db: None) -> None:
    """Otherwise a field would be shown, and what is typed in it lost."""
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    defined = [(m, page) for m, page in house_admins() if isinstance(page, DefinedAdmin)]
    assert len(defined) > 8
    for model, page in defined:
        taken = set(signature(type(page).define).parameters)
        assert set(page.get_form(request, None).base_fields) <= taken, model._meta.label


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
