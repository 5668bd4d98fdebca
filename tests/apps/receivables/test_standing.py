"""What an account owes, at the head of its page, for whoever may see open items."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from billing_site.views import standing
from customers.models import Account
from tests.apps.receivables.conftest import Opener

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]


@pytest.fixture
def march():
    with time_machine.travel("2027-03-10 12:00:00+00:00", tick=False):
        yield


def figures(payer: Account) -> list[tuple[str, Decimal, str]]:
    return [(one.label, one.amount, one.currency) for one in standing.of_account(pk=payer.pk)]


def test_who_owes_nothing_has_a_zero_in_the_own_currency(payer: Account) -> None:
    zero = Decimal(0)
    assert figures(payer) == [(name, zero, "EUR") for name in ("Owes", "Overdue", "Balance")]


def test_what_is_due_what_is_overdue_and_what_is_left_after_credits(
    payer: Account, debit: Opener, credit: Opener
) -> None:
    debit("100.00", due=date(2027, 2, 15), dated=date(2027, 2, 1))
    debit("40.00", due=date(2027, 4, 15), dated=date(2027, 3, 1))
    credit("15.00", dated=date(2027, 3, 2))
    assert figures(payer) == [
        ("Owes", Decimal("140.0000"), "EUR"),
        ("Overdue", Decimal("100.0000"), "EUR"),
        ("Balance", Decimal("125.0000"), "EUR"),
    ]


def test_an_account_that_is_not_there_has_none(db: None) -> None:
    assert standing.of_account(pk=987_654) == []


def test_only_who_may_see_open_items_sees_them(payer: Account, client: Client) -> None:
    user = User.objects.create_user("clara", is_staff=True)
    client.force_login(user)
    page = reverse("customers:account", args=[payer.pk])
    user.user_permissions.add(Permission.objects.get(codename="view_account"))
    assert "Overdue" not in client.get(page).content.decode()
    user.user_permissions.add(Permission.objects.get(codename="view_openitem"))
    shown = client.get(page).content.decode()
    assert "Overdue" in shown
    assert reverse("receivables:account_items", args=[payer.pk]) in shown
