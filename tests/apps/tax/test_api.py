"""Tax over the API: places, and what a sale would be taxed."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tax import operations

pytestmark = pytest.mark.django_db
START = date(2020, 1, 1)
LINE = {
    "key": "a", "amount": "100.00", "category": "TELECOM", "jurisdiction": "XA",
    "tax_date": "2027-03-01",
}  # fmt: skip
SALE = {"entity_id": 7, "currency": "EUR", "customer_kind": "CONSUMER", "lines": [LINE]}


@pytest.fixture
def api(client: Client) -> Client:
    user = User.objects.create_user("robot", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=["view_jurisdiction", "view_taxrate", "view_taxrule"]
        )
    )
    client.force_login(user)
    country = operations.add_jurisdiction(code="XA", name="Avalon", level="COUNTRY", actor=None)
    operations.define_category(code="TELECOM", name="Telecom", nature="TELECOM", actor=None)
    operations.define_category(code="BOOK", name="Books", nature="GOOD", actor=None)
    vat = operations.add_tax_type(code="VAT", name="VAT", actor=None)
    operations.register_entity(
        entity_id=7, jurisdiction=country, number="XA1", starts=START, actor=None
    )
    operations.add_rate(
        jurisdiction=country, tax_type=vat, rate=Decimal("0.19"), starts=START, on_date=START,
        actor=None,
    )  # fmt: skip
    for category, rate_code in (("TELECOM", "STANDARD"), ("BOOK", "REDUCED")):
        operations.add_rule(
            jurisdiction=country, tax_type=vat, treatment="TAXABLE", category=category,
            rate_code=rate_code, starts=START, on_date=START, actor=None,
        )  # fmt: skip
    return client


def ask(api: Client, body: dict[str, Any], key: str = "key-00000001") -> Any:
    return api.post(
        "/api/v1/tax/estimate/", json.dumps(body), content_type="application/json",
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def test_a_sale_is_taxed_line_by_line(api: Client) -> None:
    answer = ask(api, SALE | {"lines": [LINE, LINE | {"amount": "119.00", "inclusive": True}]})
    assert answer.status_code == 201, answer.content
    first, second = answer.json()
    assert (first["net"], first["tax"]) == ("100.00", "19.00")
    assert (second["net"], second["tax"]) == ("100.00", "19.00")
    assert first["taxes"] == [
        {"jurisdiction": "XA", "tax": "VAT", "category": "S", "rate": "0.19", "basis": "100.00",
         "amount": "19.00"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sale", "line", "status"),
    [
        ({}, {"amount": "NaN"}, 400),
        ({}, {"amount": "1e5"}, 400),
        ({}, {"amount": 100}, 201),
        ({}, {"amount": "1.001"}, 400),
        ({"currency": "JPY"}, {"amount": "1.5"}, 400),
        ({"currency": "eur"}, {}, 400),
        ({}, {"jurisdiction": "ZZ"}, 400),
        ({}, {"category": "GHOST"}, 400),
        ({}, {"quantity": "x"}, 400),
        ({}, {"tax_date": "soon"}, 400),
        ({}, {"price": "1"}, 400),
        ({"customer_kind": "*"}, {}, 400),
        ({"entity_id": 8}, {}, 400),
        ({"lines": []}, None, 400),
        ({}, {"category": "BOOK"}, 409),
    ],
)
def test_what_cannot_be_read_is_a_problem(
    api: Client, sale: dict[str, Any], line: dict[str, Any] | None, status: int
) -> None:
    body = SALE | ({} if line is None else {"lines": [LINE | line]}) | sale
    answer = ask(api, body)
    assert answer.status_code == status, answer.content
    if status >= 400:
        assert answer["Content-Type"] == "application/problem+json"


def test_places_are_read(api: Client) -> None:
    (place,) = api.get("/api/v1/tax/jurisdictions/", {"code": "XA"}).json()["results"]
    assert place["level"] == "COUNTRY"


def test_whoever_may_not_see_is_refused(api: Client) -> None:
    api.force_login(User.objects.create_user("nobody"))
    assert ask(api, SALE).status_code == 403
    assert api.get("/api/v1/tax/jurisdictions/").status_code == 403
