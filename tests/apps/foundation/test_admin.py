"""The admin base: nothing is deleted, lists are bounded, actions say who may run them."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.test import RequestFactory

from foundation.admin import CappedPaginator, HouseAdmin, ReadOnlyAdmin, RecentValues
from foundation.errors import Refusal
from foundation.paging import COUNT_CAP, capped_count


@pytest.fixture
def request_of_root(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.user = User(username="root", is_superuser=True, is_active=True, is_staff=True)
    return request


def test_nothing_is_deleted_even_by_a_superuser(request_of_root: HttpRequest) -> None:
    page = HouseAdmin(Group, admin.site)
    assert not page.has_delete_permission(request_of_root)
    assert "delete_selected" not in page.get_actions(request_of_root)


def test_what_operations_write_is_only_looked_at(request_of_root: HttpRequest) -> None:
    page = ReadOnlyAdmin(Group, admin.site)
    assert not page.has_add_permission(request_of_root)
    assert not page.has_change_permission(request_of_root)
    assert page.has_view_permission(request_of_root)


def test_an_action_without_permissions_does_not_start() -> None:
    class Careless(HouseAdmin):
        actions = ["wipe"]

        def wipe(self, request: object, queryset: object) -> None:
            """Do anything."""

    found = Careless(Group, admin.site).check()
    assert [error.id for error in found] == ["house.E001"]


@pytest.mark.django_db
def test_a_count_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    Group.objects.bulk_create(Group(name=f"g{n}") for n in range(30))
    assert capped_count(Group.objects.all(), cap=10) == 11
    assert CappedPaginator(Group.objects.order_by("id"), 10).count == 30
    assert COUNT_CAP == 10_000


@pytest.mark.django_db
def test_a_filter_offers_the_words_of_the_newest_rows(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Words(HouseAdmin):
        list_filter = ("name",)

    def offered(query: str) -> list[str]:
        request = rf.get(f"/{query}")
        request.user = User(username="root", is_superuser=True, is_active=True, is_staff=True)
        changelist = Words(Group, admin.site).get_changelist_instance(request)
        return list(changelist.filter_specs[0].lookup_choices)

    Group.objects.bulk_create(Group(name=f"g{n}") for n in range(30))
    monkeypatch.setattr(RecentValues, "newest", 3)
    assert offered("") == ["g27", "g28", "g29"]
    assert offered("?name=g1") == ["g1", "g27", "g28", "g29"]


@pytest.mark.django_db
def test_a_refused_save_is_a_message(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(HouseAdmin):
        def save_model(self, *args: object, **kwargs: object) -> None:
            raise Refusal("it is in use", rule="TEST-5")

    said: list[str] = []
    monkeypatch.setattr("foundation.admin.messages.error", lambda request, text: said.append(text))
    request = rf.post("/admin/auth/group/add/", {"name": "x", "permissions": []})
    request.user = User.objects.create_superuser("root")
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    response = Refusing(Group, admin.site).changeform_view(request)
    assert response.status_code == 302
    assert said == ["Not saved: it is in use (TEST-5)"]
