"""What every route of the API keeps, taken from the router and the published document.

A new endpoint is in here by being routed: its key, its parameters, its errors and what it answers
to a body that nobody meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from billing_site.urls import api_router
from tests.apps.billing_site.access.doors import plain

PROBLEM = "application/problem+json"
KEYS = count()
ALWAYS = {"400", "401", "403", "404", "429"}
# What nobody means: other JSON than an object, an unknown field, other types than declared.
BODIES: list[Any] = [
    [], "x", 7, None, {}, {"nonsense": 1}, {"": ""}, {"account": {"a": []}, "lines": "x"},
    {"amount": {"amount": "NaN", "currency": "EUR"}}, {"on_date": "2027-02-30"},
    {"account": "\x00", "customer": "\u202e"}, {"reason": "\ud800", "comment": "\ud800"},
]  # fmt: skip


def routes() -> Iterator[tuple[str, str, Any, str]]:
    """Yield method, address, view set and action."""
    for pattern in api_router().urls:
        view: Any = pattern.callback
        for method, action in view.actions.items():
            if method in view.cls.http_method_names:
                yield method, "/api/v1/" + plain(str(pattern.pattern)), view.cls, action


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def operation(method: str, path: str) -> dict[str, Any]:
    """Return what the document says of a route; parts of an address may have other names there."""
    wanted = re.sub(r"<\w+>", "{}", path)
    for address, methods in document()["paths"].items():
        if re.sub(r"\{\w+\}", "{}", address) == wanted:
            found: dict[str, Any] = methods[method]
            return found
    raise AssertionError(f"{method} {path} is not published")


def numbered(path: str) -> str:
    return re.sub(r"<\w+>", "1", path)


POSTS = [(path, view, action) for method, path, view, action in routes() if method == "post"]
ASKING = {  # they need no key: nothing is written
    "/api/v1/entitlements/check/",
    "/api/v1/rating-previews/",
}
ACTING = [path for path, *_ in POSTS if path not in ASKING]
GETS = [(path, view, action) for method, path, view, action in routes() if method == "get"]


@pytest.fixture
def api(db: None) -> Any:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("robot"))
    return client


def problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == PROBLEM, response.content
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body.get("rule") or all(one["rule"] for one in body["errors"])
    assert body["status"] == response.status_code
    return body


def key() -> str:
    return f"contract-{next(KEYS)}"


def test_the_document_is_published_to_anybody_and_valid(db: None, client: Client) -> None:
    assert client.get("/api/v1/schema/").status_code == 200
    validate_schema(document())


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, *_ in routes()])
def test_every_route_is_published_with_its_problems(method: str, path: str) -> None:
    said = operation(method, path)
    codes = ALWAYS | ({"409", "422"} if method == "post" else set())
    for code in codes:
        content = said["responses"][code]["content"]
        assert content == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}, code
    assert any(code.startswith("2") for code in said["responses"])
    assert said.get("description") or said.get("summary"), "say what it does"


@pytest.mark.parametrize("path", ACTING)
def test_every_post_publishes_its_key(path: str) -> None:
    named = {one["name"]: one for one in operation("post", path).get("parameters", ())}
    assert named["Idempotency-Key"]["in"] == "header"
    assert named["Idempotency-Key"]["required"] is True


@pytest.mark.parametrize(("path", "view", "action"), GETS, ids=lambda one: str(one)[:60])
def test_the_published_parameters_are_those_taken(path: str, view: Any, action: str) -> None:
    found = view()
    found.action = action
    said = {
        one["name"] for one in operation("get", path).get("parameters", ()) if one["in"] == "query"
    }
    assert said == found.known_parameters() - unpaged(found)


@pytest.mark.parametrize(("path", "view", "action"), POSTS, ids=lambda one: str(one)[:60])
def test_a_post_takes_no_page_and_answers_whole(path: str, view: Any, action: str) -> None:
    """What it gives several of is published as the plain list that it is."""
    said = operation("post", path)
    found = view()
    found.action = action
    assert found.known_parameters() == {
        one["name"] for one in said.get("parameters", ()) if one["in"] == "query"
    }
    assert "Paginated" not in str(said["responses"])


def unpaged(view: Any) -> set[str]:
    """Return the parameters of pages where an answer has none."""
    return set() if view.pagination_class else {"cursor", "page_size"}


@pytest.mark.parametrize("path", ACTING)
def test_every_post_asks_for_a_key(path: str, api: Any) -> None:
    answer = api.post(numbered(path), {}, format="json")
    assert answer.status_code == 400
    assert problem(answer)["rule"] == "API-IDEMPOTENCY"


def test_a_post_that_only_asks_has_no_key() -> None:
    """Which ones they are is told here, so that none becomes one by mistake."""
    assert {path for path, view, action in POSTS if action in view.asking} == ASKING
    for path in ASKING:
        named = {one["name"] for one in operation("post", path).get("parameters", ())}
        assert "Idempotency-Key" not in named


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, *_ in routes()])
def test_every_route_refuses_a_parameter_that_it_does_not_know(
    method: str, path: str, api: Any
) -> None:
    answer = getattr(api, method)(
        numbered(path) + "?nonsense=1", format="json", headers={"Idempotency-Key": key()}
    )
    assert answer.status_code == 400
    assert problem(answer)["rule"] == "API-PARAMETER"
    assert "nonsense" in answer.json()["detail"]


@pytest.mark.parametrize("path", [path for path, *_ in POSTS])
def test_a_body_that_nobody_means_is_a_problem(path: str, api: Any) -> None:
    for body in BODIES:
        answer = api.post(
            numbered(path),
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": key()},
        )
        assert 400 <= answer.status_code < 500, (body, answer.status_code, answer.content)
        problem(answer)


@pytest.mark.parametrize("path", [path for path, *_ in GETS if "<" in path])
def test_what_is_not_there_is_not_found(path: str, api: Any) -> None:
    for text in ("999999999", "9" * 30, "x", "-1", "%00"):
        answer = api.get(re.sub(r"<\w+>", text, path))
        assert answer.status_code == 404, text
