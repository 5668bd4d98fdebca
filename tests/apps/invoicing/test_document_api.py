"""Documents and credits over the API: read, print, ask, grant; each behind its own right."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from invoicing.models import Invoice
from tests.apps.invoicing.company import START, Company, add
from tests.apps.invoicing.test_document_pages import staff

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def invoice(company: Company) -> Invoice:
    payer = company.payer()
    add(payer, company.offer("SEAT", {"price": D(30)}))
    company.bill(START)
    return Invoice.objects.get(payer=payer)


def post(client: Client, path: str, body: Mapping[str, object], key: str = "") -> tuple[int, dict]:  # type: ignore[type-arg]
    answer = client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key or str(uuid4())},
    )
    return answer.status_code, answer.json()


def test_a_document_is_read_with_lines_taxes_and_pdf(invoice: Invoice) -> None:
    reader = staff("reader", "invoicing.view_invoice")
    found = reader.get("/api/v1/invoices/", {"payer__number": invoice.payer.number}).json()
    assert [row["number"] for row in found["results"]] == [invoice.number]
    shown = reader.get(f"/api/v1/invoices/{invoice.pk}/").json()
    assert shown["total"] == {"amount": "35.70", "currency": "EUR"}
    assert [line["net"]["amount"] for line in shown["lines"]] == ["30.00"]
    assert [tax["amount"]["amount"] for tax in shown["tax_totals"]] == ["5.70"]
    paper = reader.get(f"/api/v1/invoices/{invoice.pk}/pdf/")
    assert paper.content.startswith(b"%PDF")
    assert reader.get("/api/v1/invoices/?nonsense=1").status_code == 400
    assert staff("stranger").get(f"/api/v1/invoices/{invoice.pk}/").status_code == 403


def test_a_credit_is_asked_for_once_and_granted_by_another(invoice: Invoice) -> None:
    maker = staff("maker", "invoicing.request_credit")
    checker = staff(
        "checker", "invoicing.view_memorequest", "invoicing.approve_credit",
        "audit.approve_request",
    )  # fmt: skip
    body: dict[str, object] = {
        "invoice": invoice.pk,
        "scope": "AMOUNT",
        "amount": {"amount": "10.00", "currency": "EUR"},
        "reason_code": "GOODWILL",
    }
    status, asked = post(maker, "/api/v1/credit-memos/", body, "credit-request-1")
    assert status == 201, asked
    assert asked["state"] == "PENDING"
    assert post(maker, "/api/v1/credit-memos/", body, "credit-request-1") == (201, asked)
    path = f"/api/v1/credit-memos/{asked['id']}/grant/"
    assert post(maker, path, {})[0] == 403
    status, note = post(checker, path, {"on_date": str(date(2027, 2, 1))})
    assert (status, note["doc_type"], note["total"]["amount"]) == (200, "CREDIT_NOTE", "11.90")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"amount": {"amount": "31.00", "currency": "EUR"}}, "30.00 are left"),
        ({"amount": {"amount": "1.00", "currency": "USD"}}, "EUR"),
        ({"invoice": 987654}, "no such document"),
        ({"reason_code": "no good!"}, "code"),
    ],
)
def test_what_cannot_be_credited_is_refused_with_its_rule(
    invoice: Invoice, change: dict[str, object], word: str
) -> None:
    maker = staff("maker", "invoicing.request_credit")
    body: dict[str, object] = {
        "invoice": invoice.pk,
        "scope": "AMOUNT",
        "amount": {"amount": "10.00", "currency": "EUR"},
        "reason_code": "GOODWILL",
    }
    status, problem = post(maker, "/api/v1/credit-memos/", {**body, **change})
    assert status in {409, 422, 400}
    assert word in json.dumps(problem)
