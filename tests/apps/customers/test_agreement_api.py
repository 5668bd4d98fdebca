"""Contracts and exemption certificates over the API: drafted there, decided by a second person."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import operations
from customers.models import Contract, ContractPrice, ExemptionCertificate
from tests.apps.customers import build
from tests.apps.customers.test_api import Api

pytestmark = pytest.mark.django_db
numbers = count(1)


@pytest.fixture
def api() -> Api:
    return Api(build.user("integration"))


@pytest.fixture
def account() -> Any:
    return build.account()


def drafted(api: Api, account: Any, **more: Any) -> Any:
    return api.post("contracts/", {"account": account.number, "valid_from": "2027-01-01", **more})


def certificate(api: Api, account: Any, **more: Any) -> Any:
    body = {
        "account": account.number,
        "number": f"EX-{next(numbers)}",
        "jurisdiction": "DE",
        "valid_from": "2027-01-01",
        **more,
    }
    return api.post("exemption-certificates/", body)


def test_a_contract_is_drafted_priced_and_read(api: Api, account: Any) -> None:
    version = build.offer()
    charge = version.charges.get()
    made = drafted(api, account, valid_to="2028-01-01", document_reference="Frame 7")
    assert made.status_code == 201, made.json()
    key = made.json()["id"]
    agreed = api.post(
        f"contracts/{key}/prices/",
        {"charge": charge.reference, "currency": "EUR", "unit_price": "7.5"},
    )
    assert agreed.status_code == 201, agreed.json()
    shown = api.get(f"contracts/{key}/").json()
    assert shown["state"] == "DRAFT"
    assert shown["valid_to"] == "2028-01-01"
    assert [Decimal(one["unit_price"]) for one in shown["prices"]] == [Decimal("7.5")]
    assert shown["prices"][0]["charge"] == charge.reference
    listed = api.get(f"contracts/?account__number={account.number}").json()
    assert [one["number"] for one in listed["results"]] == [shown["number"]]


@pytest.mark.parametrize(
    "body",
    [
        {"currency": "EUR", "unit_price": "1"},
        {"product": "LINE", "currency": "EUR"},
        {"product": "LINE", "currency": "EUR", "unit_price": "1", "percent_off": "0.1"},
        {"product": "LINE", "currency": "EUR", "unit_price": "NaN"},
        {"product": "LINE", "currency": "EUR", "unit_price": "1", "valid_from": "2020-01-01"},
        {"product": "NONE", "currency": "EUR", "unit_price": "1"},
        {"product": "LINE", "currency": "EUR", "percent_off": "0.1", "rebate": "1"},
    ],
)
def test_a_price_that_says_too_little_or_too_much_is_refused(
    api: Api, account: Any, body: dict[str, str]
) -> None:
    build.offer()
    key = drafted(api, account).json()["id"]
    answer = api.post(f"contracts/{key}/prices/", body)
    assert answer.status_code in (400, 422), answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert not ContractPrice.objects.exists()


def test_a_contract_that_ends_before_it_begins_is_refused(api: Api, account: Any) -> None:
    answer = drafted(api, account, valid_to="2026-01-01")
    assert answer.status_code == 422
    assert not Contract.objects.exists()


def test_a_certificate_is_drafted_and_waits_for_a_second_person(api: Api, account: Any) -> None:
    made = certificate(api, account, percent="0.5", flows_down=True)
    assert made.status_code == 201, made.json()
    key = made.json()["id"]
    assert made.json()["state"] == "DRAFT"
    sent = api.post(f"exemption-certificates/{key}/request/")
    assert sent.status_code == 200, sent.json()
    row = ExemptionCertificate.objects.get(pk=key)
    assert (row.state, row.percent, row.flows_down) == ("PENDING", Decimal("0.5"), True)
    listed = api.get("exemption-certificates/?state=PENDING").json()
    assert [one["id"] for one in listed["results"]] == [key]


def test_a_certificate_is_revoked_from_a_day(api: Api, account: Any) -> None:
    """TAX-6."""
    key = certificate(api, account).json()["id"]
    revoke = f"exemption-certificates/{key}/revoke/"
    body = {"revoked_from": "2027-03-01", "reason": "moved abroad"}
    assert api.post(revoke, body).status_code == 409, "nothing is in force"
    api.post(f"exemption-certificates/{key}/request/")
    row = ExemptionCertificate.objects.get(pk=key)
    operations.approve_certificate(certificate=row, approver=build.user("boss"))
    early = api.post(revoke, {**body, "revoked_from": "2020-01-01"})
    assert early.status_code == 422
    assert api.post(revoke, {"revoked_from": "2027-03-01"}).status_code == 400
    done = api.post(revoke, body)
    assert done.status_code == 200, done.json()
    told = done.json()
    assert (told["state"], told["revoked_from"]) == ("REVOKED", "2027-03-01")
    assert told["revoked_reason"] == "moved abroad"


@pytest.mark.parametrize(
    "wrong", [{"percent": "0"}, {"percent": "1.5"}, {"jurisdiction": "XX"}, {"state": "APPROVED"}]
)
def test_a_certificate_cannot_say_what_it_may_not(
    api: Api, account: Any, wrong: dict[str, str]
) -> None:
    answer = certificate(api, account, **wrong)
    assert answer.status_code in (400, 422), answer.json()
    assert not ExemptionCertificate.objects.exists()


def test_a_repeated_draft_is_kept_once(api: Api, account: Any) -> None:
    body = {"account": account.number, "valid_from": "2027-01-01"}
    one, other = (api.post("contracts/", body, key="same-key-0001").json() for _ in range(2))
    assert one == other
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("path", ["contracts/", "exemption-certificates/"])
def test_a_longer_list_takes_no_more_queries(api: Api, account: Any, path: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert api.get(path).status_code == 200
        return len(seen)

    drafted(api, account)
    certificate(api, account)
    first = cost()
    for _ in range(4):
        drafted(api, account)
        certificate(api, account)
    assert cost() == first
    assert first <= 4


def test_charges_are_redirected_read_and_ended(api: Api, account: Any) -> None:
    """HIER-8."""
    payer = build.account("Employer")
    made = api.post(
        "charge-redirections/",
        {
            "account": account.number,
            "payer": payer.number,
            "valid_from": "2027-02-01",
            "section": "Usage",
            "cap": "50.00",
        },
    )
    assert made.status_code == 201, made.json()
    key = made.json()["id"]
    again = api.post(
        "charge-redirections/",
        {"account": account.number, "payer": payer.number, "valid_from": "2027-03-01",
         "section": "Usage"},
    )  # fmt: skip
    assert (again.status_code, again.json()["rule"]) == (409, "HIER-8")
    ended = api.post(f"charge-redirections/{key}/end/", {"on_date": "2027-06-01"})
    assert ended.status_code == 200, ended.json()
    shown = api.get(f"charge-redirections/{key}/").json()
    assert (shown["payer"], shown["section"]) == (payer.number, "Usage")
    assert (shown["valid_from"], shown["valid_to"]) == ("2027-02-01", "2027-06-01")
    assert Decimal(shown["cap"]) == Decimal(50)
    listed = api.get(f"charge-redirections/?payer__number={payer.number}").json()
    assert [one["id"] for one in listed["results"]] == [key]
