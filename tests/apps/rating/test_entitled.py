"""May it be used: answered from balances and prices, with no effect (C17, ENT-1 to ENT-3)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rating.models import BalanceMovement
from rating.queries import Entitled, Use, check
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company
from tests.apps.rating.test_granting import include

pytestmark = pytest.mark.django_db
D = Decimal
AT = datetime(2027, 5, 10, 12, tzinfo=UTC)


def ask(quantity: int, usage: str = "DATA", **more: Any) -> Entitled:
    given = {"identifier": "4915", "at": AT, "attributes": {"zone": "EU"}, **more}
    use = Use(usage_type=usage, quantity=D(quantity), **given)
    return check(use, on_date=date(2027, 5, 10))


def test_c17_ten_downloads_are_covered_and_the_eleventh_has_its_price(company: Company) -> None:
    held = bucket(company.accounts["Household"], 10)
    tenth = ask(9)
    assert (tenth.allowed, tenth.covered, tenth.billable) == (True, D(9), D(0))
    assert (tenth.next_price, tenth.amount, tenth.currency) == (D(0), D(0), "EUR")
    (cover,) = tenth.covers
    assert (cover.bucket_id, cover.quantity, cover.left) == (held.pk, D(9), D(1))
    last = ask(10)
    assert [last.covered, last.billable, last.next_price] == [10, 0, D("0.01")]
    beyond = ask(12)
    assert [beyond.covered, beyond.billable, beyond.amount] == [10, 2, D("0.02")]
    held.refresh_from_db()
    assert held.remaining == 10
    assert BalanceMovement.objects.count() == 1


def test_a_call_is_asked_in_increments_and_priced_by_itself(company: Company) -> None:
    bucket(company.accounts["Household"], 60, usage="VOICE")
    call = ask(70, usage="VOICE", attributes={})
    assert [call.quantity, call.covered, call.billable, call.amount] == [120, 60, 60, D("0.08")]


def test_ent3_beyond_a_blocking_entitlement_nothing_is_allowed(company: Company) -> None:
    include_one(company, overage="BLOCK")
    answer = ask(301)
    assert (answer.allowed, answer.beyond, answer.billable) == (False, "BLOCK", D(1))
    assert ask(300).allowed


def test_ent3_slower_is_allowed_and_said(company: Company) -> None:
    include_one(company, overage="THROTTLE")
    answer = ask(301)
    assert (answer.allowed, answer.beyond) == (True, "THROTTLE")


def include_one(company: Company, **terms: Any) -> None:
    from rating.operations import settle_balances

    include(company, **terms)
    settle_balances(as_of=AT)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"identifier": "0000"}, "NO_OWNER"),
        ({"usage": "SMOKE"}, "usage_type"),
        ({"at": datetime(2020, 5, 10, tzinfo=UTC)}, "NO_OWNER"),
    ],
)
def test_what_belongs_nowhere_is_not_allowed(
    company: Company, changes: dict[str, Any], told: str
) -> None:
    answer = ask(1, **changes)
    assert not answer.allowed
    assert told in answer.problem


def test_the_statements_of_a_check_do_not_grow_with_its_buckets(company: Company) -> None:
    household = company.accounts["Household"]
    bucket(household, 10)
    ask(1)
    with CaptureQueriesContext(connection) as few:
        ask(1)
    for _ in range(20):
        bucket(household, 10)
    with CaptureQueriesContext(connection) as many:
        assert ask(200).covered == 200
    assert len(many) == len(few) <= 14
