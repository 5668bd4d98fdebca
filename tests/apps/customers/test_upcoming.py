"""The calendar of what is ordered for later days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.operations import ItemInput
from foundation import clock
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))


@pytest.fixture
def clerk(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 20, 12, tzinfo=UTC))
    client.force_login(build.user())
    return client


def test_what_comes_is_listed_by_day_and_what_is_withdrawn_is_not(clerk: Client) -> None:
    sub = build.add(build.account(), build.offer(), JAN)
    for day, given in (
        (MAR, {"action": "TERMINATE"}),
        (FEB, {"action": "MODIFY", "quantity": D(7)}),
    ):
        item = ItemInput(subscription=sub, effective_on=day, **given)
        build.submit(sub.account, item, as_of=JAN)
    page = reverse("customers:upcoming")
    shown = clerk.get(page).content.decode()
    assert shown.index("Modify") < shown.index("Terminate")
    assert (
        "Terminate" not in clerk.get(page, {"last": str(FEB)}).content.decode().split("<tbody")[1]
    )
    operations.withdraw_end(subscription=sub, as_of=date(2027, 1, 20), actor=None)
    assert "Terminate" not in clerk.get(page).content.decode().split("<tbody")[1]


def test_who_may_not_see_orders_sees_no_calendar(client: Client) -> None:
    client.force_login(build.user("nobody", is_superuser=False))
    assert client.get(reverse("customers:upcoming")).status_code == 403
