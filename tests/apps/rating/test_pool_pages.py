"""The pages of pools: opened at the head, shown to members, ended; on the line that bears it."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from rating.models import BalanceBucket, RatingPool
from rating.queries import months_of, shares_behind
from tests.apps.rating.company import Company, person
from tests.apps.rating.test_granting import at
from tests.apps.rating.test_pages import VIEWS, page
from tests.apps.rating.test_pools import USAGE, charged, family, used

__all__ = ["family"]
pytestmark = pytest.mark.django_db
READS = (*VIEWS, "rating.view_balancebucket", "rating.view_ratingpool")


@pytest.fixture
def clerk(client: Client, family: Company, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: at(5, 31))
    client.force_login(person("clerk", *READS, "rating.open_pool"))
    return client


def test_a_pool_is_opened_shown_and_ended_on_pages(clerk: Client, family: Company) -> None:
    used(family, *USAGE)
    head, ann = family.accounts["Family"], family.accounts["Ann"]
    data = family.data.usage_type
    assert data is not None
    given = {
        "usage_type": data.pk, "name": "Family pool", "starts": "2027-05-01",
        "allocation": "BY_EXCESS",
    }  # fmt: skip
    answer = clerk.post(reverse("rating:pool_open", args=[head.pk]), given)
    pool = RatingPool.objects.get()
    assert answer["Location"] == reverse("rating:pool", args=[pool.pk])
    assert charged() == {"Ann": 43, "Bob": 0, "Cy": 17}
    text = page(clerk, "pool", pool.pk)
    for said in ("Family pool", "107", "43", ann.number, "Who used more than it brought"):
        assert said in text
    (month,) = months_of(pool_id=pool.pk)
    assert [month.contributed, month.used, month.covered] == [300, 360, 300]
    assert [month.left, month.beyond] == [0, 60]
    for account in (head, ann):
        text = page(clerk, "account_pools", account.pk)
        assert "Family pool" in text
        assert head.name in text
    assert "No pool" in page(clerk, "account_pools", family.accounts["Household"].pk)
    text = page(clerk, "account_balances", ann.pk)
    assert "Family data" in text
    bucket = BalanceBucket.objects.get(account=ann)
    assert reverse("rating:pool", args=[pool.pk]) in page(clerk, "balance", bucket.pk)
    answer = clerk.post(reverse("rating:pool_open", args=[head.pk]), given)
    assert "has the pool Family pool of it already" in answer.content.decode()
    assert 'value="2027-05-31"' in page(clerk, "pool_end", pool.pk), "today is proposed"
    clerk.post(reverse("rating:pool_end", args=[pool.pk]), {"last_day": "2027-05-31"})
    pool.refresh_from_db()
    assert pool.valid.upper == date(2027, 6, 1)
    assert reverse("rating:pool_end", args=[pool.pk]) not in page(clerk, "pool", pool.pk)


def test_who_may_not_open_pools_is_refused(client: Client, family: Company) -> None:
    client.force_login(person("reader", *READS))
    opening = reverse("rating:pool_open", args=[family.accounts["Family"].pk])
    assert client.get(opening).status_code == 403
    assert opening not in page(client, "account_pools", family.accounts["Family"].pk)


def test_what_a_line_bears_of_a_pool_is_behind_its_charge(clerk: Client, family: Company) -> None:
    used(family, *USAGE)
    data = family.data.usage_type
    assert data is not None
    clerk.post(
        reverse("rating:pool_open", args=[family.accounts["Family"].pk]),
        {"usage_type": data.pk, "name": "P", "starts": "2027-05-01", "allocation": "BY_USAGE"},
    )
    charge = family.accounts["Ann"].subscription_charges.get(charge__code="DATA")
    may, june = date(2027, 5, 1), date(2027, 6, 1)
    (one,) = shares_behind(subscription_charge_id=charge.pk, start=may, end=june)
    assert [one.used, one.covered] == [150, 125]
    assert one.pool.name == "P"
    later = shares_behind(subscription_charge_id=charge.pk, start=june, end=date(2027, 7, 1))
    assert all(share.used == 0 for share in later)
    calls = family.accounts["Ann"].subscription_charges.get(charge__code="CALLS")
    assert shares_behind(subscription_charge_id=calls.pk, start=may, end=june) == []
