"""No balance, cap or top-up rule begins before its account was opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

import invoicing.operations
import rating.operations
from catalog.models import UsageType
from customers.models import Account
from foundation import clock
from foundation.errors import Invalid
from foundation.screens.cells import date_text
from rating.models import BalanceBucket, SpendCap, TopUpRule
from tests.apps.invoicing.company import START, Company

pytestmark = pytest.mark.django_db
D = Decimal
OPENED = f"was opened on {START}"
OPENING = datetime(2026, 12, 31, 23, tzinfo=UTC)  # the first moment of the day in Berlin


@pytest.fixture
def payer(db: None) -> Account:
    company = Company()
    company.offer("PLAN", {"code": "CALLS", "kind": "USAGE", "price": D("0.10")})
    return company.payer()


def sold(payer: Account, back: timedelta) -> None:
    invoicing.operations.sell_balance(
        account=payer, amount=D(10), starts=OPENING - back, ends=None, name="Prepaid",
        on_date=START, actor=None,
    )  # fmt: skip


def given(payer: Account, back: timedelta) -> None:
    rating.operations.give_money(
        account=payer, amount=D(10), starts=OPENING - back, ends=None, name="Gift",
        reason="Sorry", actor=None,
    )  # fmt: skip


def units(payer: Account, back: timedelta) -> None:
    kind = UsageType.objects.filter(aggregate_rule="SUM").earliest("pk")
    rating.operations.give_balance(
        account=payer, usage_type=kind.code, quantity=D(10), starts=OPENING - back, ends=None,
        name="Gift", reason="Sorry", actor=None,
    )  # fmt: skip


def capped(payer: Account, back: timedelta) -> None:
    rating.operations.set_cap(
        account=payer, amount=D(10), blocks=True, starts=START - back, actor=None
    )


def topped_up(payer: Account, back: timedelta) -> None:
    rating.operations.set_top_up(
        account=payer, threshold=D(5), amount=D(10), most_per_month=D(50),
        starts=START - back, actor=None,
    )  # fmt: skip


@pytest.mark.parametrize("act", [sold, given, units, capped, topped_up])
def test_it_begins_on_the_opening_day_or_later(
    payer: Account, act: Callable[[Account, timedelta], None]
) -> None:
    for back in (timedelta(days=1), timedelta(days=46_000)):
        with pytest.raises(Invalid, match=OPENED) as refused:
            act(payer, back)
        assert refused.value.column == "starts"
    assert not BalanceBucket.objects.exists()
    act(payer, timedelta())
    made = BalanceBucket.objects.count() + SpendCap.objects.count() + TopUpRule.objects.count()
    assert made == 1


def test_forms_and_programs_are_told_at_the_field(
    client: Client, payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: START)
    root = User.objects.create_superuser("root")
    client.force_login(root)
    old: dict[str, Any] = {"starts": "1900-01-01", "amount": "10", "name": "x", "reason": "y"}
    for name in ("invoicing:sell_balance", "rating:cap_set"):
        page = client.post(reverse(name, args=[payer.pk]), old)
        assert page.status_code == 422, name
        assert f"was opened on {date_text(START)}" in str(page.context["form"].errors["starts"])
    api = APIClient()
    api.force_authenticate(root)
    amount = {"amount": "10.00", "currency": "EUR"}
    body = {"account": payer.number, "amount": amount, "start": "1900-01-01"}
    answer = api.post(
        "/api/v1/spend-caps/", body, format="json", HTTP_IDEMPOTENCY_KEY="cap-of-long-ago"
    )
    assert answer.status_code == 422, answer.content
    assert OPENED in answer.json()["detail"]
    assert not SpendCap.objects.exists()
