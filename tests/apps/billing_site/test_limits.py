"""The demo's approval limits, and the page that shows what a person may do alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client

import audit.queries
from audit.models import ApprovalPolicy
from billing_site.demo.limits import set_limits

pytestmark = pytest.mark.django_db


def test_limits_are_set_once_and_a_changed_one_is_kept(people: None) -> None:
    assert set_limits() == 6
    row = ApprovalPolicy.objects.get(action="invoicing.credit", currency="EUR")
    row.free_up_to = Decimal(20)
    row.save()
    assert set_limits() == 6
    row.refresh_from_db()
    assert row.free_up_to == Decimal(20)


def test_a_limit_holds_for_its_role_its_currency_and_its_share(people: None) -> None:
    set_limits()
    care, cash = (User.objects.get(username=name) for name in ("care", "cash"))
    limit = audit.queries.free_limit("invoicing.credit", person=care, currency="EUR")
    assert limit is not None
    assert limit.covers(Decimal(100), of=Decimal(1000))
    assert not limit.covers(Decimal("100.01"), of=Decimal(10_000))
    assert not limit.covers(Decimal(100), of=Decimal(999))
    for person, currency in ((cash, "EUR"), (care, "JPY")):
        assert not audit.queries.free_limit("invoicing.credit", person=person, currency=currency)


def test_the_page_says_who_does_what_alone(log_in: Callable[[str], Client]) -> None:
    set_limits()
    shown = log_in("controller").get("/console/approvals/limits/").content.decode()
    for text in ("Credit", "Care agent", "100.00", "10 %", "Debit", "Set a limit"):
        assert text in shown
    looking = log_in("auditor").get("/console/approvals/limits/").content.decode()
    assert "Care agent" in looking
    assert "Set a limit" not in looking
    assert log_in("care").get("/console/approvals/limits/").status_code == 403
