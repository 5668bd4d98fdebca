"""Ctrl+K: what is found by number, name or identifier, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

import customers.operations
from customers.models import Account
from ledger.operations import ensure_entity

LogIn = Callable[[str], Client]


@pytest.fixture
def account(people: None) -> Account:
    entity = ensure_entity(
        code="EU", name="Larkfield EU", country="AV", functional_currency="EUR",
        time_zone="Europe/Berlin", books_from=date(2027, 1, 1),
    )  # fmt: skip
    customer = customers.operations.create_customer(
        legal_name="Brightwater Mills", kind="ORG", actor=None
    )
    return customers.operations.open_account(
        customer=customer, name="Brightwater depot", number="A-100", entity=entity,
        currency="EUR", opened_on=date(2027, 1, 1), actor=None,
    )  # fmt: skip


def searched(client: Client, text: str) -> str:
    answer = client.get(reverse("admin:search"), {"s": text, "extended": "1"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("text", ["a-1", "A-100", "depot", "BRIGHT"])
def test_an_account_is_found_by_number_or_name(log_in: LogIn, account: Account, text: str) -> None:
    page = searched(log_in("care"), text)
    assert reverse("customers:account", args=[account.pk]) in page
    assert "A-100 Brightwater depot" in page


def test_pages_are_found_by_what_the_menu_calls_them(log_in: LogIn, account: Account) -> None:
    assert reverse("receivables:ageing") in searched(log_in("cash"), "agein")


def test_nobody_finds_what_they_may_not_see(log_in: LogIn, account: Account) -> None:
    page = searched(log_in("access"), "A-100")
    assert "Brightwater" not in page
    assert reverse("receivables:ageing") not in searched(log_in("access"), "agein")


def test_one_letter_finds_no_things(log_in: LogIn, account: Account) -> None:
    assert "Brightwater" not in searched(log_in("care"), "a")
