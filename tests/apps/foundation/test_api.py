"""The API base: declared permissions and parameters, strict bodies, problems, one-time POSTs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from foundation.api import HouseModelSerializer, idempotency
from foundation.api.idempotency import Answer
from foundation.api.parsers import MAX_DEPTH, depth
from foundation.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.apps.foundation.console_urls")]
GROUPS = "/api/t/groups/"


class MemoryStore:
    """Keeps keys in memory, by the protocol of `foundation.api.idempotency.Store`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str, Answer | None]] = {}

    def claim(self, *, client: str, key: str, fingerprint: str) -> Answer | None:
        known, answer = self.kept.get((client, key), (fingerprint, None))
        if known != fingerprint:
            raise Refusal("this key was used for another request", rule="API-IDEMPOTENCY")
        self.kept[client, key] = (fingerprint, answer)
        return answer

    def remember(self, *, client: str, key: str, answer: Answer) -> None:
        self.kept[client, key] = (self.kept[client, key][0], answer)


@pytest.fixture(autouse=True)
def memory_store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore()
    monkeypatch.setattr(idempotency, "store", lambda: store)
    return store


@pytest.fixture
def api(client: Client) -> Client:
    user = User.objects.create_user("robot", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_group", "add_group"]))
    client.force_login(user)
    return client


def post(client: Client, body: Any, key: str = "key-00000001", **headers: str) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        GROUPS,
        text,
        content_type="application/json",
        headers={"Idempotency-Key": key, **headers},
    )


GOOD = {"name": "north", "price": {"amount": "7.50", "currency": "EUR"}}


def problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    return body


def test_nobody_reads_without_saying_who_they_are(client: Client) -> None:
    assert client.get(GROUPS).status_code in (401, 403)


def test_a_user_without_the_permission_is_told_which(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"))
    response = client.get(GROUPS)
    assert response.status_code == 403
    assert "auth.view_group" in problem(response)["detail"]


def test_an_action_without_declared_permission_is_a_mistake_not_a_door(api: Client) -> None:
    with pytest.raises(ImproperlyConfigured):
        api.get(GROUPS + "undeclared/")


def test_a_list_takes_only_declared_parameters(api: Client) -> None:
    assert api.get(GROUPS + "?name=x&page_size=10").status_code == 200
    response = api.get(GROUPS + "?color=red")
    assert response.status_code == 400
    assert problem(response)["rule"] == "API-PARAMETER"
    assert api.get(GROUPS + "?name=%00").status_code == 400
    assert api.get(GROUPS + "?cursor=hostile").status_code == 404


def test_pages_are_bounded(api: Client) -> None:
    Group.objects.bulk_create(Group(name=f"g{n}") for n in range(210))
    assert len(api.get(GROUPS + "?page_size=1000").json()["results"]) == 200


def test_an_id_that_is_no_number_is_not_found(api: Client) -> None:
    for text in ("x", "-1", "1e3", "९", "9" * 40):
        assert api.get(f"{GROUPS}{text}/").status_code == 404
    assert api.get(f"{GROUPS}1/refuse/?kind=a").status_code == 422


def test_a_refusal_is_a_problem_with_its_rule(api: Client) -> None:
    body = problem(api.get(GROUPS + "1/refuse/"))
    assert body["rule"] == "TEST-4"
    assert body["type"] == "urn:billing-engine:rule:TEST-4"


def test_a_post_needs_a_key(api: Client) -> None:
    response = api.post(GROUPS, json.dumps(GOOD), content_type="application/json")
    assert response.status_code == 400
    assert problem(response)["rule"] == "API-IDEMPOTENCY"


def test_a_repeated_post_gets_the_first_answer_and_does_nothing(api: Client) -> None:
    first, second = post(api, GOOD), post(api, GOOD)
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert Group.objects.filter(name="north").count() == 1
    other = post(api, {**GOOD, "name": "south"})
    assert other.status_code == 409


def test_a_failed_post_stores_nothing_and_leaves_nothing(
    api: Client, memory_store: MemoryStore
) -> None:
    response = post(api, {**GOOD, "name": "refused"})
    assert response.status_code == 409
    assert problem(response)["rule"] == "TEST-3"
    assert not Group.objects.filter(name="refused").exists()
    assert all(answer is None for _, answer in memory_store.kept.values())


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({**GOOD, "paid": True}, "paid"),
        ({"name": "x"}, "price"),
        ({**GOOD, "price": "7.50"}, "price"),
        ({**GOOD, "price": {"amount": 7.5, "currency": "EUR"}}, ""),
        ({**GOOD, "price": {"amount": 7, "currency": "EUR"}}, "price"),
        ({**GOOD, "price": {"amount": "7.505", "currency": "EUR"}}, "price"),
        ({**GOOD, "price": {"amount": "7.5", "currency": "JPY"}}, "price"),
        ({**GOOD, "price": {"amount": "NaN", "currency": "EUR"}}, "price"),
        ({**GOOD, "price": {"amount": "1e3", "currency": "EUR"}}, "price"),
        ({**GOOD, "price": {"amount": "1", "currency": "ZZZ"}}, "price"),
        ({**GOOD, "price": {"amount": "1", "currency": "EUR", "x": "1"}}, "price"),
        ("{", ""),
        ('{"name": NaN}', ""),
        ('{"name": "a", "name": "b"}', ""),
        (b'{"name": "\xff"}', ""),
        ("[" * 100_000, ""),
    ],
)
def test_a_wrong_body_is_a_problem_that_names_the_place(
    api: Client, body: Any, wrong: str
) -> None:
    response = post(api, body)
    assert response.status_code == 400
    found = problem(response)
    if wrong:
        assert found["errors"][0]["field"].startswith(wrong)
    assert not Group.objects.exists()


def test_depth_counts_brackets_outside_strings() -> None:
    assert depth(b'{"a": ["[[[[", "\\"[[["]}') == 2
    assert depth(b"[" * (MAX_DEPTH + 1)) == MAX_DEPTH + 1
    assert depth(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) == MAX_DEPTH
    assert depth(b"[" * 1_000 + b"]" * 1_000) > MAX_DEPTH
    assert depth(b"[" + b"[]," * 1_000 + b"[[]]]") == 3


TEXTS = st.text(alphabet='[]{}"\\:,a\n', max_size=6)
VALUES = st.recursive(
    TEXTS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(VALUES)
def test_depth_is_that_of_the_value_whatever_its_texts_hold(value: Any) -> None:
    def nested(one: Any) -> int:
        parts = list(one.values()) if isinstance(one, dict) else one
        return 1 + max(map(nested, parts), default=0) if isinstance(parts, list) else 0

    assert depth(json.dumps(value).encode()) == min(nested(value), MAX_DEPTH + 1)


def test_money_is_written_with_the_decimals_of_its_currency(api: Client) -> None:
    assert post(api, GOOD).json()["price"] == {"amount": "7.50", "currency": "EUR"}


def test_a_serializer_must_name_its_fields() -> None:
    with pytest.raises(ImproperlyConfigured):

        class Everything(HouseModelSerializer):
            class Meta:
                model = Group
                fields = serializers.ALL_FIELDS


def test_a_file_that_is_too_large_is_refused(api: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("foundation.api.parsers.MAX_BYTES", 100)
    assert post(api, {**GOOD, "name": "x" * 200}).status_code == 413


def test_another_media_type_is_refused(api: Client) -> None:
    response = api.post(
        GROUPS, "a=1", content_type="text/plain", headers={"Idempotency-Key": "key-00000001"}
    )
    assert response.status_code == 415
