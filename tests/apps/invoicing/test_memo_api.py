"""Debit memos and goodwill over the API: asked for, granted by another, issued with their tax."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from customers.models import Account
from invoicing.models import Invoice, MemoRequest
from tests.apps.invoicing.company import START, Company, add
from tests.apps.invoicing.test_document_api import post
from tests.apps.invoicing.test_document_pages import staff

pytestmark = pytest.mark.django_db
VIEW = "invoicing.view_memorequest"
ON: dict[str, object] = {"on_date": str(date(2027, 2, 1))}


@pytest.fixture
def payer(company: Company) -> Account:
    payer = company.payer()
    add(payer, company.offer("SEAT", {"price": Decimal(30)}))
    company.bill(START)
    return payer


@pytest.fixture
def maker(payer: Account) -> Client:
    return staff("maker", VIEW, "invoicing.request_credit", "invoicing.request_debit")


@pytest.fixture
def checker(payer: Account) -> Client:
    return staff(
        "checker", VIEW, "invoicing.approve_credit", "invoicing.approve_debit",
        "audit.approve_request",
    )  # fmt: skip


def body(payer: Account, path: str = "debit-memos/", **more: Any) -> dict[str, object]:
    return {
        "account": payer.number,
        "amount": {"amount": "10.00", "currency": "EUR"},
        "reason_code": "GOODWILL" if "goodwill" in path else "FEE",
        "comment": "call-out",
        **more,
    }


@pytest.mark.parametrize(
    ("path", "more", "kind", "document", "total"),
    [
        ("debit-memos/", {"gl_code": "RECURRING"}, "DEBIT", "DEBIT_NOTE", "10.00"),
        ("debit-memos/", {"gl_code": "RECURRING", "tax_category": "TELECOM"}, "DEBIT",
         "DEBIT_NOTE", "11.90"),
        ("credit-memos/goodwill/", {}, "GOODWILL", "CREDIT_NOTE", "10.00"),
        ("credit-memos/goodwill/", {"tax_category": "TELECOM"}, "GOODWILL", "CREDIT_NOTE",
         "11.90"),
    ],
)  # fmt: skip
def test_a_memo_is_asked_for_once_and_granted_by_another(
    payer: Account, maker: Client, checker: Client,
    path: str, more: dict[str, object], kind: str, document: str, total: str,
) -> None:  # fmt: skip
    """J6 and J9: without a category the memo is not taxed, with one it is (19 %)."""
    sent = body(payer, path, **more)
    status, asked = post(maker, f"/api/v1/{path}", sent, "memo-request-1")
    assert status == 201, asked
    assert (asked["kind"], asked["state"], asked["memo"]) == (kind, "PENDING", None)
    assert asked["amount"] == {"amount": "10.00", "currency": "EUR"}
    assert post(maker, f"/api/v1/{path}", sent, "memo-request-1") == (201, asked)
    assert MemoRequest.objects.count() == 1
    grant = f"/api/v1/{path.split('/', maxsplit=1)[0]}/{asked['id']}/grant/"
    assert post(maker, grant, {})[0] == 403
    status, note = post(checker, grant, ON)
    assert (status, note["doc_type"], note["total"]["amount"]) == (200, document, total)
    shown = maker.get(f"/api/v1/{path.split('/', maxsplit=1)[0]}/{asked['id']}/").json()
    assert shown["memo"] == note["number"]
    again = post(checker, grant, ON)
    assert again[1]["number"] == note["number"]
    assert Invoice.objects.filter(doc_type=document).count() == 1


def test_a_debit_on_a_line_carries_its_taxes(
    payer: Account, maker: Client, checker: Client
) -> None:
    line = Invoice.objects.get(payer=payer).lines.get()
    status, asked = post(maker, "/api/v1/debit-memos/", body(payer, line=line.pk))
    assert status == 201, asked
    status, note = post(checker, f"/api/v1/debit-memos/{asked['id']}/grant/", ON)
    assert (status, note["total"]["amount"]) == (200, "11.90")


def test_each_list_holds_its_own_kind(payer: Account, maker: Client) -> None:
    post(maker, "/api/v1/debit-memos/", body(payer, gl_code="RECURRING"))
    post(maker, "/api/v1/credit-memos/goodwill/", body(payer, "goodwill"))
    for path, kind in (("debit-memos", "DEBIT"), ("credit-memos", "GOODWILL")):
        rows = maker.get(f"/api/v1/{path}/").json()["results"]
        assert [row["kind"] for row in rows] == [kind]
        (pk,) = [row["id"] for row in rows]
        other = {"debit-memos": "credit-memos", "credit-memos": "debit-memos"}[path]
        assert maker.get(f"/api/v1/{other}/{pk}/").status_code == 404
    assert maker.get("/api/v1/debit-memos/?nonsense=1").status_code == 400


@pytest.mark.parametrize("path", ["debit-memos/", "credit-memos/goodwill/"])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"account": "A-NONE"}, "no such account"),
        ({"amount": {"amount": "1.00", "currency": "USD"}}, "EUR"),
        ({"amount": {"amount": "0.00", "currency": "EUR"}}, "amount"),
        ({"amount": {"amount": "-1.00", "currency": "EUR"}}, "amount"),
        ({"amount": {"amount": "1.001", "currency": "EUR"}}, "decimals"),
        ({"amount": {"amount": "NaN", "currency": "EUR"}}, "amount"),
        ({"amount": 5}, "amount"),
        ({"tax_category": "NONE"}, "NONE"),
        ({"gl_code": "NONE", "line": 99}, ""),
        ({"comment": ""}, "comment"),
        ({"reason_code": "no good!"}, "code"),
        ({"state": "GRANTED"}, "state"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_leaves_nothing(
    payer: Account, maker: Client, path: str, change: dict[str, object], word: str
) -> None:
    given = {"gl_code": "RECURRING"} if path == "debit-memos/" else {}
    status, problem = post(maker, f"/api/v1/{path}", {**body(payer, path, **given), **change})
    assert status in {400, 409, 422}, problem
    assert problem.get("rule") or problem["errors"]
    assert word in json.dumps(problem)
    assert not MemoRequest.objects.exists()


def test_each_act_takes_its_own_right(payer: Account) -> None:
    debtor = staff("debtor", "invoicing.request_debit")
    creditor = staff("creditor", "invoicing.request_credit")
    assert post(debtor, "/api/v1/credit-memos/goodwill/", body(payer))[0] == 403
    assert post(creditor, "/api/v1/debit-memos/", body(payer, gl_code="RECURRING"))[0] == 403
    assert debtor.get("/api/v1/debit-memos/").status_code == 403
