"""Bundles over the doors: the form of an order, the pages, files and the API."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.models import Order, Subscription
from customers.rules.component_words import ComponentWords, read_component, write_component
from foundation.parsing import BadValue
from tests.apps.customers import build, bundling
from tests.apps.customers.bundling import of
from tests.apps.customers.test_api import Api

pytestmark = pytest.mark.django_db
D = Decimal
JAN = date(2027, 1, 1)


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(build.user())
    return client


def home() -> Any:
    build.offer("LINE", ({}, build.usage_charge()))
    build.offer("BOX")
    box = {"treatment": "LIST", "min_quantity": 0, "default_quantity": 2}
    return bundling.bundle(parts={"LINE": {}, "BOX": box})


@pytest.mark.parametrize(
    ("text", "quantity", "identifiers"),
    [
        ("TV 1", D(1), ()),
        ("TV -", None, ()),
        ("TV 0.5 MSISDN:491 IMSI:262", D("0.5"), (("MSISDN", "491"), ("IMSI", "262"))),
    ],
)
def test_a_component_is_written_as_it_is_read(text: str, quantity: Any, identifiers: Any) -> None:
    found = read_component(text.split())
    assert found == ComponentWords("TV", quantity, identifiers)
    assert write_component(found) == text


@pytest.mark.parametrize("text", ["TV", "TV many", "TV -1", "TV 1 491", "T/V? 1"])
def test_what_is_no_component_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        read_component(text.split())


def test_a_form_orders_a_bundle_and_shows_what_is_wrong(console: Client) -> None:
    version, account = home(), build.account()
    url = reverse("customers:add_order", args=[account.pk])
    data = {
        "line": "ADD", "do": "draft", "line-1-offer_version": str(version.pk),
        "line-1-quantity": "1", "line-1-effective_on": "2027-01-01",
        "line-1-price_policy": "FLOATING", "line-1-components": "BOX 0\nLINE - MSISDN:491",
    }  # fmt: skip
    wrong = console.post(url, {**data, "line-1-components": "TV 1"})
    assert "TV is no component of HOME" in wrong.content.decode()
    assert not Order.objects.exists()
    console.post(url, data)
    order = Order.objects.get()
    codes = order.items.order_by("seq").values_list("offer_version__offer__code", flat=True)
    assert list(codes) == ["HOME", "LINE"]
    page = console.get(reverse("customers:order", args=[order.pk])).content.decode()
    assert "item 1" in page
    again = console.get(reverse("customers:revise_order", args=[order.pk])).content.decode()
    assert "LINE 1 MSISDN:491\nBOX 0" in again


def test_the_pages_of_a_bundle_and_its_components_name_each_other(console: Client) -> None:
    one = bundling.order(home(), components={"LINE": of(1, "491")})
    line = one.part("LINE")
    url = reverse("customers:subscription", args=[one.whole.pk])
    page = console.get(url).content.decode()
    assert "Components" in page
    assert line.number in page
    page = console.get(reverse("customers:subscription", args=[line.pk])).content.decode()
    assert f"Included in the price of HOME, {one.whole.number}" in page
    assert reverse("customers:terminate_order", args=[line.pk]) not in page
    services = console.get(reverse("customers:account_services", args=[one.account.pk]))
    assert services.content.decode().count(one.whole.number) > 2


def test_a_file_orders_a_bundle_once() -> None:
    home()
    account = build.account()
    head = "order,account,action,effective_on,offer,quantity,components\n"
    good = f"X1,{account.number},ADD,2027-01-01,HOME,2,BOX 1; LINE - MSISDN:491\n"
    bad = f"X2,{account.number},ADD,2027-01-01,HOME,1,TV 1\n"

    def take(text: str) -> operations.ImportReport:
        return operations.import_file(
            what="orders", content=text.encode(), filename="o.csv", as_of=JAN, actor=None
        )

    report = take(head + good + bad)
    assert (report.counts["new"], report.counts["rejected_rows"]) == (1, 1)
    assert "TV is no component of HOME" in str(report.problems[0])
    boxes = Subscription.objects.get(items__offer_version__offer__code="BOX")
    assert build.timeline(boxes) == [(JAN, None, 2, None, "ON")]
    assert take(head + good).counts["same"] == 1


def test_the_api_orders_a_bundle_and_shows_it() -> None:
    home()
    api, account = Api(build.user("integration")), build.account()
    item = {
        "action": "ADD", "offer": "HOME", "quantity": "1",
        "components": [
            {"offer": "LINE", "identifiers": [{"type": "MSISDN", "value": "491"}]},
            {"offer": "BOX", "quantity": "0"},
        ],
    }  # fmt: skip
    body = {"account": account.number, "requested_on": "2027-01-01", "items": [item]}
    made = api.post("orders/", {**body, "submit": True})
    assert made.status_code == 201, made.json()
    assert [(one["offer"], one["part_of"]) for one in made.json()["items"]] == [
        ("HOME", None),
        ("LINE", 1),
    ]
    whole, line = Subscription.objects.order_by("pk")
    assert api.get(f"subscriptions/{line.pk}/").json()["bundle"] == whole.number
    missing = api.post("orders/", {**body, "items": [{**item, "components": []}], "submit": True})
    assert missing.status_code == 422
    assert [(one["field"], one["rule"]) for one in missing.json()["errors"]] == [
        ("items[0].components", "ORD-10")
    ]
