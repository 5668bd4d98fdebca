"""RATE-3: usage that came after its period was billed, valued in money before the next bill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import invoicing.operations
from invoicing.models import BillRun, Invoice
from invoicing.views.late_usage import LateUsageList
from tests.apps.invoicing.company import Company
from tests.apps.invoicing.stored import came, data_plan, line

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
D = Decimal
late_usage = import_module("invoicing.operations.late_usage")
TIERS = [(D(100), D("0.10")), (None, D("0.05"))]


@pytest.fixture(autouse=True)
def _spool(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_late_usage_has_the_worth_that_the_next_bill_adds(
    company: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100 at 0.10 billed; 40 more of January came later: 40 · 0.05 = 2.00, of the second tier."""
    plan = data_plan(company, price_model="GRADUATED", tiers=TIERS)
    first, second = company.payer("First"), company.payer("Second")
    line(first, plan, "4915", JAN)
    line(second, plan, "4916", JAN)
    came(datetime(2027, 1, 11, tzinfo=UTC), ("4915", "2027-01-10T10:00:00Z", "100"))
    company.bill(FEB)
    assert invoicing.operations.late_usage() == []
    after = BillRun.objects.get().cutoff_at.replace(day=20)
    came(
        after,
        ("4915", "2027-01-15T10:00:00Z", "30"),
        ("4915", "2027-01-16T10:00:00Z", "10"),
        ("4916", "2027-01-16T10:00:00Z", "10"),
        ("4915", "2027-02-02T10:00:00Z", "500"),
    )
    found = [
        (one.account_id, one.events, one.first_day.day, one.last_day.day, one.worth, one.currency)
        for one in invoicing.operations.late_usage()
    ]
    assert found == [
        (first.pk, 2, 15, 16, D(2), "EUR"), (second.pk, 1, 16, 16, D(1), "EUR"),
    ]  # fmt: skip
    assert invoicing.operations.late_usage(entities=[0]) == []
    client.force_login(User.objects.create_superuser("reader"))
    page = client.get(reverse("invoicing:late_usage")).content.decode()
    assert "3.00" in page
    told = client.get("/api/v1/bill-runs/late-usage/").json()
    wanted = ("account_id", "events", "first_day", "worth")
    assert [tuple(one[name] for name in wanted) for one in told] == [
        (first.pk, 2, "2027-01-15", "2.0000"), (second.pk, 1, "2027-01-16", "1.0000"),
    ]  # fmt: skip
    assert client.get("/api/v1/bill-runs/late-usage/?page=1").status_code == 400
    _a_page_works_out_its_own_accounts(client, monkeypatch, {first.pk, second.pk})
    company.bill(MAR)
    added = Invoice.objects.filter(payer=first).latest("pk").lines.filter(service_start=JAN)
    assert sum(one.net for one in added) == D(2)
    assert invoicing.operations.late_usage() == []


def _a_page_works_out_its_own_accounts(
    client: Client, monkeypatch: pytest.MonkeyPatch, payers: set[int]
) -> None:
    """With two accounts on two pages each page calculates one payer, most events first."""
    asked: list[Sequence[int]] = []
    drafts = late_usage.make_drafts

    def noted(cursor: Any, frame: Any, payer_ids: Sequence[int]) -> Any:
        asked.append(payer_ids)
        return drafts(cursor, frame, payer_ids)

    monkeypatch.setattr(late_usage, "make_drafts", noted)
    monkeypatch.setattr(LateUsageList, "page_size", 1)
    totals = []
    for number in (1, 2):
        answer = client.get(reverse("invoicing:late_usage"), {"page": number})
        totals += [one.amount for one in answer.context["totals"]]
    assert [len(one) for one in asked] == [1, 1]
    assert {pk for one in asked for pk in one} == payers
    assert totals == [D(2), D(1)]
