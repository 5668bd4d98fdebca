"""Payments by machine: one write per key, permission per verb, money as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from payments import operations
from payments.models import Payment

pytestmark = pytest.mark.django_db
D = Decimal
URL = "/api/v1/payments/"
Caller = Callable[..., Any]


@pytest.fixture(autouse=True)
def _june(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the money of these tests have come."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def caller(person) -> Callable[..., Caller]:
    """Make a caller with some rights: `call("POST", url, body, key="…")`."""

    def make(*rights: str) -> Caller:
        client = Client()
        client.force_login(person(f"api{len(rights)}{rights[0]}", *rights))
        serial = iter(range(1, 1000))

        def call(method: str, url: str, body: Any = None, key: str = "") -> Any:
            if method == "GET":
                return client.get(url, body)
            return client.post(
                url,
                json.dumps(body or {}),
                content_type="application/json",
                headers={"Idempotency-Key": key or f"key-{next(serial):08d}"},
            )

        return call

    return make


@pytest.fixture
def clerk(caller) -> Caller:
    return caller(
        "payments.view_payment",
        "payments.record_payment",
        "payments.reverse_payment",
        "payments.view_unidentifiedreceipt",
        "payments.view_tendertype",
        "receivables.allocate",
        "receivables.view_openitem",
        "receivables.view_allocation",
    )


@pytest.fixture
def body(payer) -> dict[str, Any]:
    return {
        "payer": "A-100",
        "amount": {"amount": "80.00", "currency": "EUR"},
        "tender": "WIRE",
        "received_on": "2027-03-01",
        "external_id": "B-1",
    }


def test_a_payment_is_recorded_once_per_key(clerk, body, invoice) -> None:
    invoice("50.00", "INV-1")
    first = clerk("POST", URL, body, key="same-key-1")
    assert first.status_code == 201
    said = first.json()
    assert said["unapplied"] == {"amount": "30.00", "currency": "EUR"}
    again = clerk("POST", URL, body, key="same-key-1")
    assert (again.status_code, again.json()) == (201, said)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Payment.objects.count() == 1
    other = clerk("POST", URL, {**body, "reference": "x"}, key="same-key-1")
    assert other.status_code == 422
    assert clerk("GET", f"{URL}{said['id']}/").json()["number"] == said["number"]
    listed = clerk("GET", URL, {"external_id": "B-1"}).json()["results"]
    assert [row["id"] for row in listed] == [said["id"]]


def test_a_remittance_names_documents(clerk, body, invoice) -> None:
    item = invoice("50.00", "INV-1")
    body["remittance"] = [
        {"number": "INV-1", "amount": {"amount": "20.00", "currency": "EUR"}},
        {"number": "INV-9"},
    ]
    assert clerk("POST", URL, body).json()["remittance"][1] == {"number": "INV-9", "amount": None}
    item.refresh_from_db()
    assert item.open == D("30.00")


@pytest.mark.parametrize(
    ("change", "status", "rule"),
    [
        ({"amount": {"amount": "80.00", "currency": "USD"}}, 409, "AR-8"),
        ({"amount": {"amount": "80.001", "currency": "EUR"}}, 400, "DECIMALS"),
        ({"amount": {"amount": "0.00", "currency": "EUR"}}, 409, "J13"),
        ({"amount": 80}, 400, "shape"),
        ({"received_on": "2025-01-01"}, 409, "LED-2"),
        ({"received_on": "2027-06-02"}, 409, "PAY-10"),
        ({"tender": "GOLD"}, 400, "does_not_exist"),
        ({"payer": "A-999"}, 400, "does_not_exist"),
        ({"colour": "red"}, 400, "API-FIELD"),
        ({"state": "REVERSED"}, 400, "API-FIELD"),
        ({"reference": "a\u202eb"}, 400, "TEXT"),
    ],
)
def test_what_cannot_be_recorded_is_a_problem_with_its_rule(
    clerk, body, change, status, rule
) -> None:
    answer = clerk("POST", URL, {**body, **change})
    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert not Payment.objects.exists()


def test_an_external_id_is_recorded_once(clerk, body) -> None:
    assert clerk("POST", URL, body).status_code == 201
    assert clerk("POST", URL, body).json()["rule"] == "PAY-10"


def test_apply_and_reverse(clerk, body, invoice) -> None:
    made = clerk("POST", URL, body).json()
    item = invoice("50.00", "INV-1")
    applied = clerk("POST", f"{URL}{made['id']}/apply/", {"on_date": "2027-03-02"})
    assert applied.json()["unapplied"]["amount"] == "30.00"
    back = clerk(
        "POST",
        f"{URL}{made['id']}/reverse/",
        {"kind": "RETURNED", "reversed_on": "2027-03-05", "reason": "closed account"},
    )
    assert back.json()["state"] == "REVERSED"
    item.refresh_from_db()
    assert item.open == D("50.00")


def test_receipts_are_identified(clerk, payer, entity, cash) -> None:
    receipt = operations.record_receipt(
        entity=entity,
        amount=D("35.00"),
        currency="EUR",
        tender=cash,
        received_on=date(2027, 3, 1),
        actor=None,
    )
    url = "/api/v1/unidentified-receipts/"
    assert clerk("GET", url, {"state": "UNIDENTIFIED"}).json()["results"][0]["id"] == receipt.pk
    made = clerk(
        "POST", f"{url}{receipt.pk}/identify/", {"payer": "A-100", "identified_on": "2027-03-05"}
    )
    assert made.status_code == 201
    assert clerk("GET", f"{url}{receipt.pk}/").json()["payment"] == made.json()["id"]


def test_items_allocations_and_balance(clerk, body, invoice, payer) -> None:
    item = invoice("50.00", "INV-1")
    made = clerk("POST", URL, {**body, "apply": False}).json()
    items = clerk("GET", "/api/v1/ar-items/", {"payer": payer.pk}).json()["results"]
    credit = next(row for row in items if row["side"] == "C")
    assert credit["number"] == made["number"]
    new = {
        "debit_item": item.pk,
        "credit_item": credit["id"],
        "amount": {"amount": "20.00", "currency": "EUR"},
        "on_date": "2027-03-02",
    }
    done = clerk("POST", "/api/v1/allocations/", new)
    assert done.status_code == 201
    (balance,) = clerk("GET", f"/api/v1/accounts/{payer.pk}/balance/").json()["balances"]
    assert balance["debit"] == {"amount": "30.00", "currency": "EUR"}
    assert balance["balance"] == {"amount": "-30.00", "currency": "EUR"}
    mirrored = clerk(
        "POST",
        f"/api/v1/allocations/{done.json()['id']}/reverse/",
        {"on_date": "2027-03-03", "reason": "wrong document"},
    )
    assert mirrored.json()["amount"]["amount"] == "-20.00"
    too_much = {**new, "amount": {"amount": "50.01", "currency": "EUR"}}
    assert clerk("POST", "/api/v1/allocations/", too_much).json()["rule"] == "AR-1"
    alien = {**new, "amount": {"amount": "1.00", "currency": "USD"}}
    assert clerk("POST", "/api/v1/allocations/", alien).json()["rule"] == "AR-8"


def test_whoever_may_only_look_writes_nothing(caller, clerk, body, invoice, payer) -> None:
    item = invoice("50.00", "INV-1")
    made = clerk("POST", URL, {**body, "apply": False}).json()
    viewer = caller("payments.view_payment", "receivables.view_openitem")
    credit = viewer("GET", "/api/v1/ar-items/", {"side": "C"}).json()["results"][0]
    for url, sent in (
        (URL, {**body, "external_id": "B-2"}),
        (f"{URL}{made['id']}/apply/", {"on_date": "2027-03-02"}),
        (
            f"{URL}{made['id']}/reverse/",
            {"kind": "RETURNED", "reversed_on": "2027-03-05", "reason": "x"},
        ),
        (
            "/api/v1/allocations/",
            {
                "debit_item": item.pk,
                "credit_item": credit["id"],
                "amount": {"amount": "1.00", "currency": "EUR"},
                "on_date": "2027-03-02",
            },
        ),
    ):
        assert viewer("POST", url, sent).status_code == 403, url
    assert viewer("GET", "/api/v1/tender-types/").status_code == 403
    assert viewer("GET", URL, {"color": "red"}).json()["rule"] == "API-PARAMETER"
    assert Payment.objects.count() == 1
    item.refresh_from_db()
    assert item.open == D("50.00")
    assert Client().get(URL).status_code in (401, 403)
