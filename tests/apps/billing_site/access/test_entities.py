"""Whoever works for one legal entity sees and changes rows of that one only (F36).

Tried on every page, list, file, admin page and route that the running project has, with the same
business standing in two entities: their rows are not found, no list or file names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from billing_site.roles import PACKAGES
from billing_site.urls import api_router
from billing_site.views import errors
from foundation import scope
from foundation.screens import ActionView, ListScreen, Screen
from tests.apps.billing_site.access.books import OURS, THEIRS, Books, two_entities
from tests.apps.billing_site.access.doors import house_admins, pages, plain
from tests.worlds import standing

pytestmark = pytest.mark.django_db
# Parts of an address that name no row.
WORDS = {"label", "code", "day", "verb"}


books_world = standing("books_world", two_entities)


@pytest.fixture
def books(books_world: Books) -> Books:
    return books_world


@pytest.fixture
def bare_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer what is not found without the frame; `test_console` looks at those pages."""
    monkeypatch.setattr(errors, "_page", lambda request, status, *a: HttpResponse(status=status))


@pytest.fixture
def client(books: Books) -> Client:
    client = Client()
    client.force_login(books.clerk)
    return client


def rows(model: type[Model], entity: int) -> list[Any]:
    """Return what is told to the entity alone, not to both."""
    mine = scope.condition(model, frozenset({entity}))
    return list(model._default_manager.filter(mine).order_by())


def only(model: type[Model], entity: int, other: int) -> list[Any]:
    """Return the rows of the entity that are not the other's as well."""
    others = {row.pk for row in rows(model, other)}
    return [row for row in rows(model, entity) if row.pk not in others]


def told(model: type[Model]) -> bool:
    """Tell whether rows of the model belong to an entity."""
    return scope.rule_of(model) not in (scope.SHARED, scope.WHOLE)


def text_of(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8", "replace")


# -- the rules ------------------------------------------------------------------------------------


def test_somebody_has_thought_about_every_model() -> None:
    found = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in PACKAGES and not scope.is_registered(model)
    ]
    assert not found, f"say in apps.py whose rows are whose: {found}"


def test_every_rule_can_be_asked(books: Books) -> None:
    for model in apps.get_models():
        if model._meta.app_label in PACKAGES and told(model):
            rows(model, books.ours.pk)


def test_the_books_hold_both_entities_rows(books: Books) -> None:
    """What is empty shows nothing: the tests below would pass without a look."""
    empty = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in PACKAGES
        and told(model)
        and not only(model, books.theirs.pk, books.ours.pk)
    ]
    assert set(empty) <= {
        "customers.ChargeRedirection", "customers.ContractPrice", "customers.OrderItemPrice",
        "customers.ProvisioningFailure", "customers.ServiceStatusPeriod",
        "customers.SubscriptionPause", "customers.VatIdCheck", "invoicing.BillRunFinding",
        "invoicing.DocumentArtifact", "payments.PaymentBatch", "payments.RemittanceLine",
    }  # fmt: skip


# -- the console ----------------------------------------------------------------------------------


def test_every_address_says_which_row_it_names() -> None:
    silent = [
        f"{path} <{part}>"
        for path, page in pages()
        for part in page.pattern.converters or page.pattern.regex.groupindex
        if part not in {*WORDS, *page.callback.view_class.subjects}
        and not (part == "pk" and page.callback.view_class.subject is not None)
        and page.callback.view_class.reach != "own"
    ]
    event = "/console/rating/events/<account_id>/<pk>/"  # within its account
    known = {f"{event}{verb} <pk>" for verb in ("", "amend/", "cancel/")}
    known |= {f"/console/invoicing/runs/<pk>/accounts/<payer_id>/{v}" for v in ("",)}
    assert not {plain(one) for one in silent if "payer_id" not in one} - known


def addresses(books: Books, entity: int, other: int) -> Iterator[tuple[str, type[Screen]]]:
    """Yield every page about a row of the entity that is not the other's."""
    for path, page in pages():
        view: type[Screen] = page.callback.view_class
        parts = {"pk": view.subject, **view.subjects}
        named = [(p, m) for p, m in parts.items() if m and f"<{p}>" in plain(path)]
        if not named or not told(named[0][1]):
            continue
        part, model = named[0]
        for row in only(model, entity, other)[:2]:
            address = plain(path).replace(f"<{part}>", str(row.pk)).replace("<day>", "2027-01-10")
            for verb in view.verbs or [""]:
                yield re.sub(r"<\w+>", "1", address.replace("<verb>", verb)), view


def test_their_pages_are_not_found(books: Books, client: Client, bare_errors: None) -> None:
    open_doors = []
    for address, view in addresses(books, books.theirs.pk, books.ours.pk):
        for method in ["post"] if issubclass(view, ActionView) else ["get", "post"]:
            status = getattr(client, method)(address).status_code
            if status != 404:
                open_doors.append(f"{method} {address}: {status}")
    assert not open_doors, "\n".join(open_doors)


def test_pages_of_what_all_share_name_nothing_of_theirs(books: Books, client: Client) -> None:
    wrong = []
    for path, page in pages():
        model = page.callback.view_class.subject
        if model is None or scope.rule_of(model) != scope.SHARED or path.count("<") != 1:
            continue
        for row in model.objects.all()[:3]:
            response = client.get(plain(path).replace("<pk>", str(row.pk)))
            if response.status_code not in (200, 403, 405) or THEIRS in text_of(response):
                wrong.append(f"{path}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_sent_to_what_does_not_exist(books: Books, bare_errors: None) -> None:
    """A button on a page of yesterday is told so, not answered with an error page."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    wrong = []
    for path, page in pages():
        view: type[Screen] = page.callback.view_class
        if "<" not in plain(path) or not view.writes:
            continue
        for verb in view.verbs or [""]:
            address = plain(path).replace("<verb>", verb).replace("<label>", "customers.account")
            address = re.sub(r"<\w+>", "987654", address)
            if client.post(address).status_code != 404:
                wrong.append(address)
    assert not wrong


def test_our_pages_open_and_name_nothing_of_theirs(books: Books, client: Client) -> None:
    wrong = []
    for address, view in addresses(books, books.ours.pk, books.theirs.pk):
        if issubclass(view, ActionView):
            continue
        response = client.get(address)
        if response.status_code not in (200, 302) and not re.search(
            "preview|rating/events|orders/[0-9]+/change", address
        ):
            wrong.append(f"{address}: {response.status_code}")
        elif THEIRS in text_of(response):
            wrong.append(f"{address} names them")
    assert not wrong, "\n".join(wrong)


def test_no_list_and_no_file_names_them(books: Books, client: Client) -> None:
    leaks, told_us = [], 0
    for path, page in pages():
        view = page.callback.view_class
        if "<" in path or "(" in path or issubclass(view, ActionView):
            continue
        for query in ("", "?export=csv") if issubclass(view, ListScreen) else ("",):
            response = client.get(path + query, follow=True)
            text = text_of(response)
            told_us += OURS in text
            if response.status_code not in (200, 403) or THEIRS in text:
                leaks.append(f"{path}{query}: {response.status_code}")
    assert told_us > 20
    assert not leaks, "\n".join(leaks)


def test_who_works_for_all_sees_them(books: Books) -> None:
    """The same pages, unlimited: without this, a page that shows nothing would pass."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    for address in ("customers/accounts/", "invoicing/documents/", "payments/", "ledger/entries/"):
        assert THEIRS in text_of(client.get(f"/console/{address}")), address


# -- the admin ------------------------------------------------------------------------------------


def test_the_admin_finds_ours_and_not_theirs(books: Books, client: Client) -> None:
    wrong = []
    for model, _ in house_admins():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        listed = client.get(base)
        if listed.status_code != 200 or THEIRS in text_of(listed):
            wrong.append(f"{base}: {listed.status_code}")
        if not told(model):
            continue
        for row in only(model, books.theirs.pk, books.ours.pk)[:1]:
            for page in ("change", "history", "delete"):
                status = client.get(f"{base}{row.pk}/{page}/").status_code
                if status not in (403, 404):
                    wrong.append(f"{base} {page} of theirs: {status}")
        for row in only(model, books.ours.pk, books.theirs.pk)[:1]:
            shown = client.get(f"{base}{row.pk}/change/")
            if shown.status_code != 200 or THEIRS in text_of(shown):
                wrong.append(f"{base} change of ours: {shown.status_code}")
    assert not wrong, "\n".join(wrong)


def test_shared_rows_are_only_to_look_at(books: Books, client: Client) -> None:
    for model, page in house_admins():
        request: Any = client.get("/admin/login/").wsgi_request
        request.user = books.clerk
        if not told(model):
            assert not page.has_add_permission(request), model
            assert not page.has_change_permission(request), model
    assert client.get("/admin/ledger/legalentity/add/").status_code == 403


def test_the_search_of_the_admin_finds_nothing_of_theirs(books: Books, client: Client) -> None:
    assert THEIRS not in text_of(client.get("/admin/search/", {"s": THEIRS[:4]}))


# -- the API --------------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, str, Any, Any]]:
    for pattern in api_router().urls:
        view: Any = pattern.callback
        for method, action in view.actions.items():
            if method in view.cls.http_method_names:
                yield method, "/api/v1/" + plain(str(pattern.pattern)), view.cls, action


def test_the_api_finds_nothing_of_theirs(books: Books) -> None:
    client: Any = APIClient(raise_request_exception=False)
    client.force_authenticate(books.clerk)
    wrong, seen = [], 0
    for method, path, view, action in calls():
        parts = {"pk": view.queryset.model, **view.subjects}
        named = [(p, m) for p, m in parts.items() if m and f"<{p}>" in path]
        if not named:
            if method == "get":
                response = client.get(path)
                seen += OURS in response.content.decode()
                if response.status_code not in (200, 400) or THEIRS in response.content.decode():
                    wrong.append(f"get {path}: {response.status_code}")
            elif action not in view.own:
                response = client.post(path, {}, format="json", HTTP_IDEMPOTENCY_KEY=path)
                if response.status_code != 403:
                    wrong.append(f"post {path}: {response.status_code}")
            continue
        part, model = named[0]
        if not told(model):
            continue
        for row in only(model, books.theirs.pk, books.ours.pk)[:1]:
            address = path.replace(f"<{part}>", str(row.pk))
            response = getattr(client, method)(
                address, {}, format="json", HTTP_IDEMPOTENCY_KEY=address
            )
            if response.status_code != 404:
                wrong.append(f"{method} {address}: {response.status_code}")
        for row in only(model, books.ours.pk, books.theirs.pk)[:1]:
            if method == "get":
                response = client.get(path.replace(f"<{part}>", str(row.pk)))
                if response.status_code not in (200, 404) or THEIRS in response.content.decode(
                    "utf-8", "replace"
                ):
                    wrong.append(f"get {path} of ours: {response.status_code}")
    assert seen > 5
    assert not wrong, "\n".join(wrong)
