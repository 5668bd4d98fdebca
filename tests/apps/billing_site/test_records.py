"""A stored record as people read it: names for keys, words for codes, days as days."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import User

from audit.models import ReasonCode
from billing_site.queries.records import Reader
from billing_site.queries.subjects import names
from customers.models import Account, Order
from invoicing.models import MemoRequest
from ledger.models import LegalEntity
from ledger.operations import ensure_entity

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> LegalEntity:
    return ensure_entity(
        code="DE",
        name="Nordlicht GmbH",
        country="DE",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2026, 1, 1),
    )


def test_what_an_approval_is_bound_to_is_read_in_words(django_user_model: type[User]) -> None:
    clerk = django_user_model.objects.create_user("clerk")
    ReasonCode.objects.create(domain="TEST", code="SLOW", text="The line was slow")
    payload = {
        "amount": "2.5",
        "currency": "USD",
        "kind": "CREDIT",
        "created_by": clerk.pk,
        "line": None,
        "reason": "SLOW",
        "valid": ["2026-08-01", None],
        "urgent": True,
    }
    assert dict(Reader(MemoRequest, [payload]).facts(payload)) == {
        "Amount": "2.50 USD",
        "Created by": "clerk",
        "Currency": "USD",
        "Kind": "Credit of a document",
        "Reason": "The line was slow",
        "Urgent": "yes",
        "Valid": "from 1 Aug 2026",
    }


def test_nested_parts_are_told_one_by_one() -> None:
    record = {"items": [{"on": "2026-08-01"}, {"on": "2026-09-01"}], "totals": {"EUR": "7.00"}}
    assert list(Reader(None, [record]).facts(record)) == [
        ("Items 1 on", "1 Aug 2026"),
        ("Items 2 on", "1 Sep 2026"),
        ("Totals EUR", "7.00 EUR"),
    ]


def test_a_memo_and_an_adjustment_are_read_without_keys(db: None) -> None:
    """Sums have their currency however deep they lie; days end with the last that counts."""
    memo = {"currency": "EUR", "gl_code": "4000", "lines": {"7": "33.3300"}, "line": None}
    assert list(Reader(MemoRequest, [memo]).facts(memo)) == [
        ("Currency", "EUR"),
        ("GL code", "4000"),
        ("Line invoice line 7", "33.33 EUR"),
    ]
    waived = {"off": "100 %", "valid": ["2027-02-01", "2027-03-01"], "hash": "ab"}
    run = {"totals": {"EUR": {"DRAFTED": {"amount": "111.0600", "payers": 1}}}}
    assert dict(Reader(None, [waived]).facts(waived | run)) == {
        "Fingerprint": "ab",
        "Takes off": "100 %",
        "Totals EUR drafted amount": "111.06 EUR",
        "Totals EUR drafted payers": "1",
        "Valid": "1 Feb 2027 \N{EN DASH} 28 Feb 2027",
    }


def test_the_items_of_an_order_are_read_as_rows_of_their_own(db: None) -> None:
    item = {"action": "ADD", "discounts": [5], "prices": {"3": "9.50"}}
    assert list(Reader(Order, [{"items": [item]}]).facts({"items": [item]})) == [
        ("Items 1 action", "Add"),
        ("Items 1 discounts", "discount 5"),
        ("Items 1 price of charge 3", "9.50"),
    ]


def test_a_change_names_what_was_and_what_is_and_leaves_housekeeping_out(
    seller: LegalEntity,
) -> None:
    before = {"entity_id": None, "id": 7, "updated_at": "2026-08-01T10:00:00+00:00"}
    after = {"entity_id": seller.pk, "id": 7, "updated_at": "2026-08-02T10:00:00+00:00"}
    reader = Reader(Account, [before, after])
    assert reader.change(before, after) == "entity: nothing → DE"
    assert reader.row(after) == "Entity: DE"


def test_things_are_called_by_their_number_or_code_else_by_kind_and_key(
    seller: LegalEntity,
) -> None:
    things = [("ledger.legalentity", seller.pk), ("invoicing.billrun", 7), ("no.kind", 3)]
    assert list(names(things).values()) == ["legal entity DE", "bill run 7", "no.kind 3"]
