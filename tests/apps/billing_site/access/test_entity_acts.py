"""What a body or a form names is of the person's own entity, or is not found (F36)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

import customers.operations
import invoicing.operations
import payments.operations
import rating.operations
from catalog.models import Product
from customers.choices import ContactRole
from customers.models import Account
from foundation.scope import OtherEntity
from invoicing.models import Invoice
from payments.models import Payment, PaymentBatch, TenderType
from receivables.models import OpenItem
from tests.apps.billing_site.access.books import MARCH, OURS, THEIRS, Books, two_entities
from tests.worlds import standing

pytestmark = pytest.mark.django_db
KEYS = count()
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


books_world = standing("books_world", two_entities)


@pytest.fixture
def books(books_world: Books) -> Books:
    return books_world


@pytest.fixture
def post(books: Books) -> Callable[..., Any]:
    client: Any = APIClient()
    client.force_authenticate(books.clerk)

    def send(path: str, body: dict[str, Any]) -> Any:
        return client.post(
            f"/api/v1/{path}/",
            body,
            format="json",
            HTTP_IDEMPOTENCY_KEY=f"entity-acts-{next(KEYS)}",
        )

    return send


def money(amount: str = "5.00") -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def items(payer: Account) -> tuple[OpenItem, OpenItem]:
    rows = OpenItem.objects.filter(payer=payer)
    return rows.filter(side="D").earliest("pk"), rows.filter(side="C").earliest("pk")


def body_of(kind: str, books: Books, mark: str) -> tuple[str, dict[str, Any]]:
    """Return a POST about an account, or a document or item of it."""
    payer = books.payers[mark]
    invoice = Invoice.objects.filter(payer=payer, doc_type="INVOICE").earliest("pk")
    debit, credit = items(payer)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "payment": ("payments", {
            "payer": payer.number, "amount": money(), "tender": "CASH",
            "received_on": "2027-03-01", "apply": False,
        }),
        "allocation": ("allocations", {
            "debit_item": debit.pk, "credit_item": credit.pk, "amount": money("1.00"),
            "on_date": "2027-03-02",
        }),
        "credit": ("credit-memos", {
            "invoice": invoice.pk, "scope": "AMOUNT", "amount": money("1.00"),
            "reason_code": "GOODWILL",
        }),
        "goodwill": ("credit-memos/goodwill", {
            "account": payer.number, "amount": money(), "reason_code": "GOODWILL",
            "comment": "late",
        }),
        "gift": ("prepaid-balances/give", {
            "account": payer.number, "amount": money(), "start": "2027-03-01", "name": "Gift",
            "reason": "a late start",
        }),
        "cap": ("spend-caps", {
            "account": payer.number, "amount": money(), "start": "2028-04-01",
        }),
        "contract": ("contracts", {"account": payer.number, "valid_from": "2027-03-01"}),
        "order": ("orders", {
            "account": payer.number, "requested_on": "2027-03-01",
            "items": [{"action": "ADD", "offer": "SEAT"}],
        }),
        "account": ("accounts", {
            "customer": payer.customer.number, "name": "New", "entity": mark,
            "opened_on": "2027-03-01",
        }),
        "estimate": ("tax/estimate", {
            "entity_id": payer.entity_id, "currency": "EUR", "customer_kind": "CONSUMER",
            "lines": [{"key": 1, "amount": "10.00", "category": "TELECOM", "jurisdiction": "AV",
                       "tax_date": "2027-03-01"}],
        }),
    }  # fmt: skip
    return bodies[kind]


KINDS = [
    "payment", "allocation", "credit", "goodwill", "gift", "cap", "contract", "order",
    "account", "estimate",
]  # fmt: skip


@time_machine.travel("2027-03-02T12:00Z", tick=False)
@pytest.mark.parametrize("kind", KINDS)
def test_a_body_finds_ours_and_not_theirs(
    kind: str, books: Books, post: Callable[..., Any]
) -> None:
    before = [model.objects.count() for model in (Payment, OpenItem, Account, Invoice)]
    answer = post(*body_of(kind, books, THEIRS))
    assert answer.status_code in (400, 404), answer.content
    assert [model.objects.count() for model in (Payment, OpenItem, Account, Invoice)] == before
    ours = post(*body_of(kind, books, OURS))
    assert ours.status_code in (200, 201), ours.content


def test_operations_refuse_what_is_theirs(books: Books) -> None:
    theirs, ours, actor = books.payers[THEIRS], books.payers[OURS], books.clerk
    tender = TenderType.objects.get(code="CASH")
    paid: dict[str, Any] = {
        "amount": 5, "currency": "EUR", "tender": tender, "received_on": MARCH, "actor": actor
    }  # fmt: skip
    moved: dict[str, Any] = {"on_date": MARCH, "as_of": MARCH, "actor": actor}
    acts: list[Callable[[], Any]] = [
        lambda: payments.operations.record_payment(payer=theirs, **paid),
        lambda: payments.operations.record_receipt(entity=books.theirs, **paid),
        lambda: payments.operations.record_batch(
            entity=books.theirs, filename="x", content=b"", rows=[], problems=[], as_of=MARCH,
            actor=actor,
        ),
        lambda: customers.operations.move_account(account=ours, parent=theirs, **moved),
        lambda: customers.operations.move_account(account=theirs, parent=None, **moved),
        lambda: customers.operations.add_contact(
            customer=theirs.customer, role=ContactRole.BILLING, name="x",
            email="x@example.org", actor=actor
        ),
        lambda: customers.operations.draft_certificate(
            account=theirs, number="X", jurisdiction=books.company.place,
            valid_from=date(2027, 1, 1), actor=actor,
        ),
        lambda: invoicing.operations.sell_balance(
            account=theirs, amount=Decimal(5), starts=NOON, ends=None, name="x", on_date=MARCH,
            actor=actor,
        ),
        lambda: rating.operations.give_money(
            account=theirs, amount=Decimal(5), starts=NOON, ends=None, name="x",
            reason="a late start", actor=actor,
        ),
        lambda: invoicing.operations.request_debit(
            account_id=theirs.pk, amount=Decimal(5), reason_code="FEE",
            comment="x", requester=actor,
            on_date=MARCH, gl_code="RECURRING",
        ),
    ]  # fmt: skip
    for number, act in enumerate(acts):
        with pytest.raises(OtherEntity):
            act()
        assert number >= 0
    assert not PaymentBatch.objects.exists()
    assert not Payment.objects.filter(recorded_by=actor).exists()


def test_the_form_of_a_payment_does_not_find_their_payers(books: Books) -> None:
    client = Client()
    client.force_login(books.clerk)
    given = {"amount": "5.00", "currency": "EUR", "received_on": "2027-03-01",
             "tender": TenderType.objects.get(code="CASH").pk}  # fmt: skip
    for text in (f"{THEIRS}-1", THEIRS.lower()):
        answer = client.post("/console/payments/record/", {**given, "payer": text})
        assert answer.status_code == 422
        body = answer.content.decode().replace(f'value="{text}"', "")
        assert f"{THEIRS} payer" not in body


def test_who_works_for_some_starts_no_run_and_loads_no_file(books: Books) -> None:
    client = Client()
    client.force_login(books.clerk)
    for path in ("invoicing/runs/start/", "rating/files/load/", "customers/import/",
                 "catalog/prices/import/", "tax/places/add/", "ledger/rates/add/"):  # fmt: skip
        assert client.get(f"/console/{path}").status_code == 403, path
        assert client.post(f"/console/{path}", {}).status_code == 403, path
    home = client.get("/console/").content.decode()
    assert "Bill runs" not in home
    assert "Suspended usage" not in home
    assert Product.objects.exists()


def test_the_home_adds_up_ours_only(books: Books) -> None:
    limited, free = Client(), Client()
    limited.force_login(books.clerk)
    free.force_login(User.objects.create_superuser("root"))
    ours = limited.get("/console/?month=2027-02").content.decode()
    all_of_it = free.get("/console/?month=2027-02").content.decode()
    # Each was billed 30.00 for February, 30.00 for January and 3.50 of calls, and 19 % on it.
    one = Invoice.objects.filter(entity=books.ours, doc_type="INVOICE").earliest("pk").total
    assert f"{one:,.2f}" in ours
    assert f"{2 * one:,.2f}" in all_of_it
    assert f"{2 * one:,.2f}" not in ours
