"""Grants by desired state, rollover, expiry, the end of a subscription (PRO-3, ENT-4, ENT-5)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from catalog.models import EntitlementSpec, OfferVersion, UsageType
from rating.models import BalanceBucket, BalanceMovement
from rating.operations import settle_balances
from tests.apps.rating.company import (
    Company,
    close_line,
    found_company,
    load,
    open_line,
    row,
    sums,
)
from tests.apps.rating.test_loading import findings
from tests.worlds import standing

pytestmark = pytest.mark.django_db
D = Decimal


def include(company: Company, **terms: Any) -> EntitlementSpec:
    """Let the offer include usage, behind the back of its review."""
    guard = "TRIGGER catalog_entitlementspec_is_frozen"
    run(f"ALTER TABLE catalog_entitlementspec DISABLE {guard}")
    spec = EntitlementSpec.objects.create(
        offer_version=OfferVersion.objects.get(pk=company.version.pk),
        usage_type=UsageType.objects.get(code="DATA"),
        **{"code": "DATA", "name": "Included data", "quantity": D(300), **terms},
    )
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE catalog_entitlementspec ENABLE ALWAYS {guard}")
    run("SET CONSTRAINTS ALL DEFERRED")
    return spec


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2027, month, day, hour, tzinfo=UTC)


def held() -> list[tuple[str, str, Decimal, Decimal]]:
    """Return source, first local day, initial and remaining of every bucket in order of time."""
    rows = BalanceBucket.objects.order_by("valid", "source", "id")
    return [(one.source, f"{one.period_start:%m-%d}", one.initial, one.remaining) for one in rows]


unsold_world = standing("unsold_world", found_company)


@pytest.fixture
def company(unsold_world: Company) -> Company:
    return unsold_world


def test_a_period_is_granted_once_when_it_begins_and_a_part_of_it_by_days(
    company: Company,
) -> None:
    include(company)
    open_line(company, "4915", on=date(2027, 4, 16))
    first = settle_balances(as_of=at(4, 16))
    assert (first.granted, held()) == (1, [("GRANT", "04-01", D(150), D(150))])
    assert settle_balances(as_of=at(4, 30, 20)).granted == 0
    # In Berlin May begins two hours before it does in Greenwich.
    assert settle_balances(as_of=at(4, 30, 22)).granted == 1
    may = BalanceBucket.objects.get(period_start=date(2027, 5, 1))
    assert (may.valid.lower, may.valid.upper) == (at(4, 30, 22), at(5, 31, 22))
    assert may.initial == 300


def test_what_is_for_the_account_is_for_each_item_and_what_is_for_services_for_each_of_them(
    company: Company,
) -> None:
    include(company, scope="ACCOUNT", code="ALL")
    include(company, quantity=D(10))
    open_line(company, "4915")
    open_line(company, "4916")
    settle_balances(as_of=at(5, 10))
    rows = BalanceBucket.objects.filter(period_start=date(2027, 5, 1))
    assert sorted(rows.values_list("initial", flat=True)) == [10, 10, 300, 300]
    assert rows.filter(service__isnull=True).count() == 2


def test_usage_that_came_before_its_grant_is_drawn_when_it_comes(company: Company) -> None:
    include(company)
    open_line(company, "4915")
    load(company, row("a", quantity="320"))
    settle_balances(as_of=at(5, 20))
    assert [line[3] for line in sums()] == [20]
    assert findings() == []


def test_ent4_what_is_unused_rolls_over_is_used_first_and_expires(company: Company) -> None:
    include(company, rollover_percent=D("0.5"), rollover_cap=D(40))
    open_line(company, "4915", on=date(2027, 4, 1))
    settle_balances(as_of=at(4, 2))
    load(company, row("a", quantity="250", event_start="2027-04-10T00:00:00Z"))
    settle_balances(as_of=at(5, 2))
    assert held() == [
        ("GRANT", "04-01", D(300), D(0)),
        ("GRANT", "05-01", D(300), D(300)),
        ("ROLLOVER", "05-01", D(25), D(25)),
    ]
    load(company, row("b", quantity="10"), name="b.csv")
    settle_balances(as_of=at(6, 2))
    assert held() == [
        ("GRANT", "04-01", D(300), D(0)),
        ("GRANT", "05-01", D(300), D(0)),
        ("ROLLOVER", "05-01", D(25), D(0)),
        ("GRANT", "06-01", D(300), D(300)),
        ("ROLLOVER", "06-01", D(40), D(40)),
    ]
    expired = BalanceMovement.objects.filter(kind="EXPIRE").order_by("id")
    assert [one.delta for one in expired] == [-25, -260, -15]
    assert settle_balances(as_of=at(6, 2)).closed == 0
    assert findings() == []


def test_ent4_months_settled_late_come_to_the_same(company: Company) -> None:
    include(company, rollover_percent=D(1), rolls_again=True)
    open_line(company, "4915", on=date(2027, 4, 1))
    usage = [
        row("a", quantity="250", event_start="2027-04-10T00:00:00Z"),
        row("b", quantity="200", event_start="2027-05-10T00:00:00Z"),
    ]
    load(company, *usage)
    settle_balances(as_of=at(6, 2))
    late = held()
    assert late == [
        ("GRANT", "04-01", D(300), D(0)),
        ("GRANT", "05-01", D(300), D(0)),
        ("ROLLOVER", "05-01", D(50), D(0)),
        ("GRANT", "06-01", D(300), D(300)),
        ("ROLLOVER", "06-01", D(150), D(150)),
    ]
    assert findings() == []


def test_ent5_a_late_event_takes_from_what_its_month_rolled_over(company: Company) -> None:
    include(company, rollover_percent=D("0.1"))
    open_line(company, "4915", on=date(2027, 4, 1))
    settle_balances(as_of=at(4, 2))
    load(company, row("a", quantity="100", event_start="2027-04-10T00:00:00Z"))
    settle_balances(as_of=at(5, 2))
    assert held()[2] == ("ROLLOVER", "05-01", D(20), D(20))
    load(company, row("late", quantity="50", event_start="2027-04-20T00:00:00Z"), name="b.csv")
    assert held() == [
        ("GRANT", "04-01", D(300), D(0)),
        ("GRANT", "05-01", D(300), D(300)),
        ("ROLLOVER", "05-01", D(20), D(0)),
    ]
    assert sum(line[3] for line in sums()) == 30  # expired units are never revived
    assert findings() == []


def test_p9_a_grant_ends_with_its_subscription_and_does_not_roll_over(company: Company) -> None:
    include(company, rollover_percent=D(1))
    line = open_line(company, "4915", on=date(2027, 4, 1))
    settle_balances(as_of=at(4, 2))
    close_line(line, date(2027, 4, 20))
    assert settle_balances(as_of=at(4, 21)).ended == 1
    assert held() == [("GRANT", "04-01", D(300), D(0))]
    bucket = BalanceBucket.objects.get()
    assert bucket.valid.upper == at(4, 19, 22)
    assert [one.kind for one in bucket.movements.order_by("id")] == ["GRANT", "EXPIRE"]
    again = settle_balances(as_of=at(5, 2))
    assert (again.ended, again.granted, again.closed) == (0, 0, 0)
