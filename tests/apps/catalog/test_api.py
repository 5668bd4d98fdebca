"""The catalogue over the API: read by whoever may, by known parameters only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.rules.pricing import Tier
from tests.apps.catalog import shop
from tests.apps.catalog.shop import START, Shop, published

pytestmark = pytest.mark.django_db
D = Decimal
TIERS = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D("1.00")))
API = "/api/v1"


@pytest.fixture
def fiber(client: Client) -> Shop:
    client.force_login(shop.viewer())
    fiber = shop.open_shop()
    published(fiber.rental, flat_amount=D("29.99"))
    published(fiber.minutes, tiers=TIERS, attributes={"zone": "EU"})
    published(fiber.install, unit_price=D("99"), currency="EUR")
    return fiber


def results(client: Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"{API}/{path}/", params)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_products_are_listed_and_filtered(client: Client, fiber: Shop) -> None:
    assert {one["code"] for one in results(client, "products")} == {"LINE", "VOICE"}
    (line,) = results(client, "products", code="LINE")
    assert (line["tax_category"], line["gl_code"]) == ("TELECOM", "RECURRING")


def test_an_offer_shows_its_charges_and_prices_in_force(client: Client, fiber: Shop) -> None:
    (offer,) = results(client, "offers")
    url = f"{API}/offers/{offer['id']}/"
    found = client.get(url, {"on_date": START.isoformat()}).json()
    (version,) = found["versions"]
    charges = {one["code"]: one for one in version["charges"]}
    assert not any(one["payer_price"] for one in version["charges"])
    assert charges["RENTAL"]["prices"][0]["flat_amount"] == {"amount": "29.99", "currency": "USD"}
    assert [tier["unit_price"] for tier in charges["MINUTES"]["prices"][0]["tiers"]] == [
        "0.1000000000", "0.0500000000"
    ]  # fmt: skip
    before = (START - timedelta(days=1)).isoformat()
    early = client.get(url, {"on_date": before}).json()
    assert early["versions"][0]["charges"][0]["prices"] == []
    assert client.get(url, {"on_date": "soon"}).status_code == 400


def test_prices_are_filtered_by_what_tells_them_apart(client: Client, fiber: Shop) -> None:
    assert len(results(client, "prices")) == 3
    assert len(results(client, "prices", currency="EUR")) == 1
    assert len(results(client, "prices", charge="FIBER/1/RENTAL")) == 1
    assert len(results(client, "prices", offer="FIBER", state="PUBLISHED")) == 3
    assert results(client, "prices", on_date="2026-12-31") == []
    (price,) = results(client, "prices", charge="FIBER/1/MINUTES")
    assert price["attribute_key"] == "zone=EU"
    assert price["valid_to"] is None
    assert client.get(f"{API}/prices/{price['id']}/").json() == price


def test_unknown_parameters_and_ids_are_refused(client: Client, fiber: Shop) -> None:
    assert client.get(f"{API}/prices/", {"price": "1"}).status_code == 400
    assert client.get(f"{API}/prices/", {"on_date": "x"}).status_code == 400
    assert client.get(f"{API}/offers/", {"on_date": "2027-01-01"}).status_code == 400
    for path in ("prices/0/", "prices/999999/", "offers/x/", "products/-1/"):
        assert client.get(f"{API}/{path}").status_code == 404


def test_nothing_is_written_over_the_api(client: Client, fiber: Shop) -> None:
    for path in ("products", "offers", "prices"):
        for method in (client.post, client.put, client.patch, client.delete):
            answer = method(
                f"{API}/{path}/", "{}", content_type="application/json",
                headers={"Idempotency-Key": "key-00000001"},
            )  # fmt: skip
            assert answer.status_code in (403, 405)


def test_whoever_may_not_see_is_refused(client: Client, fiber: Shop) -> None:
    client.force_login(shop.person("nobody"))
    for path in ("products", "offers", "prices"):
        assert client.get(f"{API}/{path}/").status_code == 403
    client.logout()
    assert client.get(f"{API}/prices/").status_code in (401, 403)
