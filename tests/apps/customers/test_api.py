"""The customers room over the API, as an integration uses it."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from customers.models import Account, Customer, Order, ProvisioningFailure, Subscription
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
keys = count(1)


class Api:
    """A client that sends a new key with each POST unless told otherwise."""

    def __init__(self, user: User) -> None:
        self.client = APIClient()
        self.client.force_authenticate(user)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        return self.client.post(
            f"/api/v1/{path}",
            body if body is not None else {},
            format="json",
            headers={"Idempotency-Key": key or f"test-key-{next(keys):04}"},
        )


@pytest.fixture
def api() -> Api:
    return Api(build.user("integration"))


def test_from_customer_to_active_subscription_over_public_surfaces(api: Api) -> None:
    build.entity()
    build.place()
    build.offer(charges=({}, build.usage_charge()))
    made = api.post("customers/", {"kind": "PERSON", "legal_name": "Ada Byron"})
    assert made.status_code == 201, made.json()
    opened = api.post(
        "accounts/",
        {
            "customer": made.json()["number"],
            "entity": "EU",
            "name": "Household",
            "opened_on": "2020-01-01",
            "cycle_code": "C1",
            "billing_address": {"town": "Berlin", "country": "DE", "jurisdiction": "DE"},
        },
    )
    assert opened.status_code == 201, opened.json()
    number = opened.json()["number"]
    placed = api.post(
        "orders/",
        {
            "account": number,
            "requested_on": "2020-02-01",
            "submit": True,
            "items": [
                {
                    "action": "ADD",
                    "offer": "FIBER",
                    "quantity": "2",
                    "prices": {"C1": "7.5"},
                    "identifiers": [{"type": "MSISDN", "value": "491"}],
                }
            ],
        },
    )
    assert placed.status_code == 201, placed.json()
    assert placed.json()["state"] == "COMPLETED"
    name = placed.json()["items"][0]["subscription"]
    one = api.get(f"subscriptions/{Subscription.objects.get(number=name).pk}/").json()
    assert one["state"] == "ACTIVE"
    segment = one["items"][0]["charges"][0]["segments"][0]
    assert (segment["valid_from"], segment["valid_to"]) == ("2020-02-01", None)
    assert segment["override_price"] == "7.5000000000"
    service = api.get("services/?identifiers__value=491").json()["results"][0]
    assert service["subscription"] == name


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2200-01-01"])
def test_a_day_beyond_the_books_is_refused(api: Api, day: str) -> None:
    owner = build.account()
    build.offer()
    item = {"action": "ADD", "offer": "FIBER", "quantity": "1"}
    body = {"account": owner.number, "requested_on": day, "items": [item]}
    answer = api.post("orders/", body)
    assert answer.status_code == 400
    assert "requested_on" in str(answer.json())
    assert not Order.objects.exists()


def test_an_identifier_that_a_spreadsheet_cut_is_refused(api: Api) -> None:
    owner = build.account()
    build.offer(charges=({}, build.usage_charge()))
    item = {
        "action": "ADD", "offer": "FIBER", "quantity": "1",
        "identifiers": [{"type": "MSISDN", "value": "4.91512E+14"}],
    }  # fmt: skip
    body = {"account": owner.number, "requested_on": "2027-01-01", "items": [item]}
    answer = api.post("orders/", body)
    assert (answer.status_code, answer.json()["rule"]) == (400, "DIGITS")
    assert not Order.objects.exists()


def test_a_machine_says_why_a_service_does_not_work(api: Api) -> None:
    offer = build.offer(charges=({"trigger": "ACTIVATION"},))
    waiting = build.add(build.account(), offer, JAN, awaits_activation=True)
    body = {"reason": "no port", "next_step": "CALL"}
    answer = api.post(f"subscriptions/{waiting.pk}/failure/", body)
    assert (answer.status_code, answer.json()["number"]) == (200, waiting.number)
    assert ProvisioningFailure.objects.get(subscription=waiting).reason == "no port"


def test_an_incomplete_order_names_everything_and_changes_nothing(api: Api) -> None:
    owner = build.account(cycle_code="", billing_address=None)
    build.offer(charges=({}, build.usage_charge()))
    body = {
        "account": owner.number,
        "requested_on": "2027-01-01",
        "submit": True,
        "items": [{"action": "ADD", "offer": "FIBER"}],
    }
    answer = api.post("orders/", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    fields = {(error["field"], error["rule"]) for error in answer.json()["errors"]}
    assert fields == {
        ("billing_address", "ORD-3"),
        ("cycle", "ORD-4"),
        ("items[0].quantity", "ORD-6"),
        ("items[0].identifiers", "ORD-10"),
    }
    assert not Order.objects.exists()


def test_the_same_post_twice_is_one_order(api: Api) -> None:
    owner = build.account()
    build.offer()
    body = {
        "account": owner.number,
        "requested_on": "2027-01-01",
        "items": [{"action": "ADD", "offer": "FIBER", "quantity": "1"}],
    }
    first = api.post("orders/", body, key="order-key-1")
    again = api.post("orders/", body, key="order-key-1")
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1
    submitted = api.post(f"orders/{first.json()['id']}/submit/")
    assert submitted.status_code == 200
    repeated = api.post(f"orders/{first.json()['id']}/submit/")
    assert repeated.json() == submitted.json()
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ({"action": "STEAL"}, "invalid_choice"),
        ({"action": "ADD", "quantity": "NaN"}, "NUMBER"),
        ({"action": "ADD", "quantity": "-1"}, "RANGE"),
        ({"action": "ADD", "quantity": "1e9999"}, "NUMBER"),
        ({"action": "ADD", "quantity": 1}, "NUMBER"),
        ({"action": "ADD", "quantity": "1", "prices": {"C1": "-1"}}, "RANGE"),
        ({"action": "TERMINATE", "subscription": "S-no"}, "API-REFERENCE"),
        ({"action": "ADD", "colour": "red"}, "API-FIELD"),
        ({"action": "ADD", "reason": "a\u202eb"}, "TEXT"),
        ({"action": "ADD", "effective_on": "2027-02-30"}, "invalid"),
    ],
)
def test_bad_input_is_refused_by_field(api: Api, item: dict[str, Any], rule: str) -> None:
    owner = build.account()
    answer = api.post(
        "orders/", {"account": owner.number, "requested_on": "2027-01-01", "items": [item]}
    )
    assert answer.status_code == 400
    assert rule in {error["rule"] for error in answer.json()["errors"]}


def test_the_tree_comes_in_order_and_moves(api: Api) -> None:
    root = build.account("Root")
    one, two = build.account("One", parent=root), build.account("Two", parent=root)
    leaf = build.account("Leaf", parent=one)
    assert [node["name"] for node in api.get(f"accounts/{root.pk}/tree/").json()] == [
        "Root",
        "One",
        "Leaf",
        "Two",
    ]
    body = {"parent": two.number, "on_date": "2027-02-01", "splits": True}
    moved = api.post(f"accounts/{leaf.pk}/move/", body)
    assert moved.status_code == 200, moved.json()
    assert leaf.positions.get(parent=two).splits_periods, "HIER-6: running periods are divided"
    circle = api.post(f"accounts/{two.pk}/move/", {"parent": leaf.number, "on_date": "2027-03-01"})
    assert circle.status_code == 409
    assert circle.json()["rule"] == "HIER-1"


def test_unknown_parameters_are_refused(api: Api) -> None:
    assert api.get("accounts/?colour=red").status_code == 400
    assert api.get("accounts/?status=ACTIVE").status_code == 200


def test_lists_ask_the_same_number_of_questions_whatever_they_hold(api: Api) -> None:
    version = build.offer(charges=({}, build.usage_charge()))

    def questions(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path).status_code == 200
        return len(captured)

    paths = ("customers/", "accounts/", "orders/", "subscriptions/", "services/")
    build.add(build.account(), version, JAN, identifiers=[build.number("490")])
    questions(paths[0])  # whose rows the caller sees is read once per person
    before = [questions(path) for path in paths]
    for number in range(3):
        build.add(build.account(), version, JAN, identifiers=[build.number(f"4{number}")])
    assert [questions(path) for path in paths] == before


def test_a_viewer_reads_and_does_nothing_else() -> None:
    viewer = build.user("viewer", is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    root = build.account()
    order = Order.objects.create(number="O1", account=root, requested_on=JAN)
    sub = build.add(root, build.offer(), JAN)
    api = Api(User.objects.get(pk=viewer.pk))
    for path in ("customers/", "accounts/", "orders/", "subscriptions/", "services/"):
        assert api.get(path).status_code == 200
    counts = (Customer.objects.count(), Account.objects.count(), Order.objects.count())
    for path in (
        *("customers/", "accounts/", "orders/", f"accounts/{root.pk}/move/"),
        *(f"orders/{order.pk}/submit/", f"orders/{order.pk}/cancel/"),
        *(f"subscriptions/{sub.pk}/activation/", f"subscriptions/{sub.pk}/acceptance/"),
    ):
        assert api.post(path).status_code == 403, path
    assert counts == (Customer.objects.count(), Account.objects.count(), Order.objects.count())


def test_a_stranger_sees_nothing() -> None:
    api = Api(build.user("stranger", is_superuser=False))
    for path in ("customers/", "accounts/", "orders/", "subscriptions/", "services/"):
        assert api.get(path).status_code == 403
