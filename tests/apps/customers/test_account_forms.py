"""Opening and changing accounts by hand: what is proposed, what is kept."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Account
from invoicing.models import BillCycle
from tests.apps.customers import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(build.user("boss"))
    return client


def test_an_account_keeps_a_cycle_that_new_ones_take_no_more(clerk: Client) -> None:
    BillCycle.objects.create(code="C1", name="First of the month", day=1)
    BillCycle.objects.create(code="OLD", name="Old", day=9, is_active=False)
    account = build.account(opened_on=date(2020, 1, 1), cycle_code="OLD", cycle_day=9)
    url = reverse("customers:edit_account", args=[account.pk])
    page = clerk.get(url).content.decode()
    assert '<option value="OLD" selected>' in page
    assert '<option value="C1">C1 First of the month</option>' in page
    new = clerk.get(reverse("customers:open_below", args=[account.pk])).content.decode()
    assert "OLD" not in new.partition('name="cycle_code"')[2].partition("</select>")[0]
    form = {
        "name": "Renamed", "version": account.version, "cycle_code": "OLD", "cycle_day": 9,
        "cycle_months": 1, "invoice_mode": "CONSOLIDATED", "terms_kind": "NET", "terms_days": 30,
        "delivery": "EMAIL", "language": "de",
    }  # fmt: skip
    assert clerk.post(url, form).status_code == 302
    kept = Account.objects.get(pk=account.pk)
    assert (kept.name, kept.cycle_code, kept.cycle_day) == ("Renamed", "OLD", 9)


def test_days_of_its_own_are_kept_beside_a_cycle(clerk: Client) -> None:
    BillCycle.objects.create(code="Q", name="Quarterly", day=1, months=3)
    parent = build.account(opened_on=date(2020, 1, 1))
    form = {
        "name": "Branch", "opened_on": "2020-02-01", "role": "PAYER", "cycle_code": "Q",
        "cycle_day": 20, "invoice_mode": "CONSOLIDATED", "terms_kind": "NET", "terms_days": 30,
        "delivery": "EMAIL",
    }  # fmt: skip
    answer = clerk.post(reverse("customers:open_below", args=[parent.pk]), form)
    assert answer.status_code == 302, answer.content.decode()
    opened = Account.objects.get(name="Branch")
    assert (opened.cycle_code, opened.cycle_day, opened.cycle_months) == ("Q", 20, 3)
