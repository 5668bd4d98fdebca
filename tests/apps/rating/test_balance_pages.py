"""The pages of balances: what is left, what covered what, units given and taken with a reason."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import BusinessEvent
from foundation.errors import Forbidden, Invalid
from rating.models import BalanceBucket, BalanceMovement, Usage
from rating.operations import CannotTake, draw_pending, give_balance, take_balance
from tests.apps.rating.buckets import JULY, JUNE, MAY, bucket
from tests.apps.rating.company import Company, load, open_line, person, row, sums
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_pages import VIEWS, page

pytestmark = pytest.mark.django_db
D = Decimal
READS = (*VIEWS, "rating.view_balancebucket")


@pytest.fixture
def clerk(client: Client, company: Company) -> Client:
    client.force_login(person("clerk", *READS, "rating.adjust_balance"))
    return client


def test_a_balance_shows_what_moved_it_and_an_event_what_covers_it(
    clerk: Client, company: Company
) -> None:
    household = company.accounts["Household"]
    held = bucket(household, 100, name="Welcome present")
    load(company, row("a", quantity="30"))
    text = page(clerk, "account_balances", household.pk)
    assert "Welcome present" in text
    assert "70" in text
    event = Usage.objects.get()
    text = page(clerk, "balance", held.pk)
    assert reverse("rating:event", args=[household.pk, event.id]) in text
    assert "Used" in text
    text = page(clerk, "event", household.pk, event.id)
    assert "30 from Welcome present" in text
    assert reverse("rating:balance", args=[held.pk]) in text
    assert "Welcome" not in page(clerk, "account_balances", household.pk, query="?open=no")
    assert "Welcome" in page(clerk, "account_balances", household.pk, query="?open=yes")


def test_units_are_given_and_taken_on_pages(clerk: Client, company: Company) -> None:
    household = company.accounts["Household"]
    load(company, row("a", quantity="30"))
    data = company.data.usage_type
    assert data is not None
    answer = clerk.post(
        reverse("rating:balance_give", args=[household.pk]),
        {
            "usage_type": data.pk, "quantity": "50", "starts": "2027-05-01", "ends": "2027-05-31",
            "name": "Sorry for the outage", "reason": "Outage of 3 May",
        },
    )  # fmt: skip
    made = BalanceBucket.objects.get()
    assert answer["Location"] == reverse("rating:balance", args=[made.pk])
    assert made.valid.upper.isoformat() == "2027-05-31T22:00:00+00:00"
    for text in (
        page(clerk, "account_balances", household.pk),
        page(clerk, "balance", made.pk),
    ):
        assert re.search(r"\b1 May 2027\b", text), "the days of the account"
        assert re.search(r"\b31 May 2027\b", text)
    draw_pending()
    assert [line[3] for line in sums()] == [0]
    clerk.post(
        reverse("rating:balance_take", args=[made.pk]),
        {"quantity": "5", "reason": "Given twice by mistake"},
    )
    made.refresh_from_db()
    assert made.remaining == 15
    topics = BusinessEvent.objects.filter(topic__startswith="balance.").order_by("id")
    assert [one.topic for one in topics] == ["balance.given", "balance.taken"]
    adjusted = BalanceMovement.objects.filter(kind="ADJUST").order_by("id")
    assert [(one.delta, one.reason) for one in adjusted] == [
        (D(50), "Outage of 3 May"), (D(-5), "Given twice by mistake"),
    ]  # fmt: skip
    assert findings() == []


def test_who_may_not_adjust_is_refused(client: Client, company: Company) -> None:
    household = company.accounts["Household"]
    held = bucket(household, 100)
    viewer = person("viewer", *READS)
    client.force_login(viewer)
    assert "Take units" not in page(client, "balance", held.pk)
    assert client.get(reverse("rating:balance_give", args=[household.pk])).status_code == 403
    assert client.post(reverse("rating:balance_take", args=[held.pk])).status_code == 403
    with pytest.raises(Forbidden):
        take_balance(bucket_id=held.pk, quantity=D(1), reason="because", actor=viewer)


def test_what_makes_no_sense_is_refused(company: Company) -> None:
    household = company.accounts["Household"]
    open_line(company, "4917", name="Neighbour")
    theirs = company.accounts["Neighbour"].subscriptions.get().services.get()
    given = {
        "account": household, "usage_type": "DATA", "quantity": D(5), "starts": MAY,
        "ends": JUNE, "name": "x", "reason": "a good reason", "actor": None,
    }  # fmt: skip
    for change in (
        {"usage_type": "SMOKE"},
        {"quantity": D(0)},
        {"ends": MAY},
        {"service": theirs},
        {"reason": "no"},
    ):
        with pytest.raises(Invalid):
            give_balance(**{**given, **change})  # type: ignore[arg-type]
    made = give_balance(**{**given, "ends": JULY})  # type: ignore[arg-type]
    with pytest.raises(CannotTake):
        take_balance(bucket_id=made.pk, quantity=D(6), reason="too much", actor=None)
    with pytest.raises(Invalid):
        take_balance(bucket_id=made.pk, quantity=D(0), reason="nothing", actor=None)
