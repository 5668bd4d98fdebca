"""Spend caps: alerts once per month, and a check that says no (P64); alerts of pools and money."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import BusinessEvent
from foundation.errors import Forbidden, Invalid
from rating.models import SpendCap, ThresholdAlert
from rating.operations import CannotCap, open_pool, set_cap, settle_balances
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company, load, open_line, person, row
from tests.apps.rating.test_entitled import ask
from tests.apps.rating.test_granting import at, include
from tests.apps.rating.test_guards import _refused
from tests.apps.rating.test_pages import VIEWS, page
from tests.attacks import copied

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2027, 5, 1)
CAP, ALERT = "rating_spendcap", "rating_thresholdalert"


def cap(company: Company, amount: str | None = "5.00", **more: Any) -> SpendCap:
    given = {"blocks": True, "starts": MAY, "actor": None, **more}
    return set_cap(
        account=company.accounts["Household"],
        amount=None if amount is None else D(amount),
        **given,
    )


def use(company: Company, key: str, quantity: int, day: str = "05-03") -> None:
    start = f"2027-{day}T12:00:00Z"
    load(company, row(key, quantity=str(quantity), event_start=start), name=f"{key}.csv")


def said() -> list[tuple[int, Decimal, date | None]]:
    rows = ThresholdAlert.objects.order_by("id")
    return list(rows.values_list("percent", "used", "period_start"))


def test_p64_spending_is_told_once_a_month_at_each_percentage(company: Company) -> None:
    """5.00 a month; a unit costs 0.01."""
    cap(company, starts=date(2027, 4, 1))
    use(company, "a", 249)
    assert settle_balances(as_of=at(5, 4)).alerted == 0
    use(company, "b", 160)
    assert settle_balances(as_of=at(5, 5)).alerted == 2
    assert settle_balances(as_of=at(5, 5)).alerted == 0
    use(company, "c", 400)
    assert settle_balances(as_of=at(5, 6)).alerted == 1
    assert said() == [
        (50, D("4.09"), MAY), (80, D("4.09"), MAY), (100, D("8.09"), MAY)
    ]  # fmt: skip
    use(company, "d", 300, "04-03")
    assert settle_balances(as_of=at(4, 30)).alerted == 1
    assert said()[-1] == (50, D("3.00"), date(2027, 4, 1))
    event = BusinessEvent.objects.filter(topic="spending.threshold_reached").earliest("id")
    assert (event.payload["used"], event.payload["unit"]) == ("4.09000000", "EUR")


def test_a_cap_that_blocks_is_answered_with_its_reason(company: Company) -> None:
    use(company, "a", 400)
    assert ask(101).allowed
    cap(company)
    assert ask(100).allowed
    answer = ask(101)
    assert (answer.allowed, answer.cap, answer.spent) == (False, D(5), D(4))
    assert "5.00 EUR" in answer.problem
    assert "4.00 are spent" in answer.problem
    cap(company, "5.00", blocks=False, starts=date(2027, 5, 2))
    assert ask(101).allowed
    bucket(company.accounts["Household"], 1000)
    assert ask(900).allowed, "what is included costs nothing"


def test_a_check_says_what_money_paid_in_advance_will_pay(company: Company) -> None:
    """ENT-1: 5.00 less the 4.00 that were used in the month and are not billed."""
    household = company.accounts["Household"]
    bucket(household, "5.00", usage_type=None, currency="EUR", consideration=D(5), source="TOPUP")
    assert ask(200).prepaid == D("2.00")
    use(company, "a", 400)
    assert (ask(200).prepaid, ask(200).amount) == (D("1.00"), D("2.00"))
    assert ask(1, "VOICE", attributes={}).prepaid > 0


def test_p64_money_and_pools_are_told_too(company: Company) -> None:
    household = company.accounts["Household"]
    held = bucket(
        household, "10.00", usage_type=None, currency="EUR", consideration=D(10), source="TOPUP"
    )
    held.movements.create(kind="CONSUME", delta=D(-5), document_id=7)
    include(company, scope="POOL", quantity=D(100), code="SHARED", name="Pool data", warns=True)
    open_line(company, "50", name="Household")
    open_pool(
        node=household, usage_type="DATA", name="Family pool", starts=MAY, as_of=at(5, 1),
        actor=None,
    )  # fmt: skip
    use(company, "a", 170)
    assert settle_balances(as_of=at(5, 4)).alerted == 3
    alerts = ThresholdAlert.objects.order_by("id")
    assert [(one.what, one.percent, one.measure) for one in alerts] == [
        ("Present", 50, "EUR"), ("Family pool", 50, "MB"), ("Family pool", 80, "MB"),
    ]  # fmt: skip
    assert settle_balances(as_of=at(5, 5)).alerted == 0
    assert BusinessEvent.objects.filter(topic="pool.threshold_reached").count() == 2


def test_one_cap_follows_another_and_ends(company: Company) -> None:
    first = cap(company)
    second = cap(company, "9.00", starts=date(2027, 6, 1))
    first.refresh_from_db()
    assert first.valid.upper == second.valid.lower == date(2027, 6, 1)
    with pytest.raises(CannotCap):
        cap(company, "1.00", starts=MAY)
    assert cap(company, None, starts=date(2027, 7, 1)) == second
    with pytest.raises(CannotCap):
        cap(company, None, starts=date(2027, 8, 1))
    with pytest.raises(Invalid):
        cap(company, "1.001", starts=date(2027, 8, 1))
    with pytest.raises(Forbidden):
        cap(company, starts=date(2027, 8, 1), actor=person("nobody"))


def test_caps_are_set_and_seen_on_pages(client: Client, company: Company) -> None:
    rights = ("rating.view_spendcap", "rating.set_cap", "rating.view_thresholdalert")
    client.force_login(person("clerk", *VIEWS, *rights))
    household = company.accounts["Household"]
    client.post(
        reverse("rating:cap_set", args=[household.pk]),
        {"amount": "5.00", "blocks": "on", "starts": "2027-05-01"},
    )
    assert SpendCap.objects.get().blocks
    assert "5.00" in page(client, "account_caps", household.pk)
    use(company, "a", 250)
    settle_balances(as_of=at(5, 4))
    text = page(client, "alerts")
    assert "5.00 EUR a month" in text
    assert reverse("rating:account_caps", args=[household.pk]) in text


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("amount", "0", "is_of_something"),
        ("amount", "1.001", "amount_is_money"),
        ("amount", "'NaN'", "amount_is_money"),
        ("valid", "'empty'", "begins"),
        ("valid", "daterange(NULL, '2020-01-01')", "begins"),
        ("valid", "daterange('2027-06-01', NULL)", "one_at_a_time"),
    ],
)
def test_caps_that_cannot_be(company: Company, column: str, value: str, guard: str) -> None:
    cap(company)
    chosen = {
        "account_id": "account_id", "currency": "currency", "amount": "amount",
        "blocks": "blocks", "valid": "daterange('2020-01-01', '2020-02-01')", column: value,
    }  # fmt: skip
    _refused(
        f"INSERT INTO {CAP} ({', '.join(chosen)}) SELECT {', '.join(chosen.values())} FROM {CAP}",
        f"{CAP}_{guard}",
    )


@pytest.mark.parametrize(
    "change", ["bucket_id = 1", "cap_id = NULL", "period_start = NULL", "pool_id = 1"]
)
def test_an_alert_is_of_one_thing(company: Company, change: str) -> None:
    cap(company)
    use(company, "a", 250)
    settle_balances(as_of=at(5, 4))
    columns = ["account_id", "bucket_id", "cap_id", "pool_id", "period_start", "percent", "used"]
    name, _, value = change.partition(" = ")
    values = [value if one == name else one for one in [*columns, "most"]]
    values[5] = "80"
    guard = "rating_thresholdalert_is_of_one_thing"
    with copied(ALERT, guard) as copy:
        _refused(
            f"INSERT INTO {copy} ({', '.join([*columns, 'most'])}) SELECT {', '.join(values)}"
            f" FROM {ALERT}",
            guard,
        )
