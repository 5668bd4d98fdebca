"""Alerts at 50, 80 and 100 %: once per period, also when usage is drawn anew (P64)."""

from decimal import Decimal

import pytest
from django.test import Client

from audit.models import BusinessEvent
from rating.models import BalanceBucket, ThresholdAlert
from rating.operations import alert_balances, settle_balances
from tests.apps.rating.company import Company, load, open_line, person, row
from tests.apps.rating.test_granting import at, include, run
from tests.apps.rating.test_guards import _refused
from tests.apps.rating.test_pages import VIEWS, page

pytestmark = pytest.mark.django_db
D = Decimal
ALERT = "rating_thresholdalert"


@pytest.fixture
def line(company: Company) -> Company:
    """A line that includes 300 a month and warns."""
    include(company, warns=True)
    open_line(company, "50", name="Ann")
    settle_balances(as_of=at(5, 1))
    return company


def use(company: Company, key: str, quantity: int) -> None:
    load(company, row(key, identifier="50", quantity=str(quantity)), name=f"{key}.csv")


def said() -> list[tuple[int, Decimal]]:
    may = ThresholdAlert.objects.filter(bucket__account__name="Ann").order_by("id")
    return [(one.percent, one.used) for one in may]


def test_p64_each_percentage_is_said_once_when_it_is_reached(line: Company) -> None:
    use(line, "a", 149)
    assert settle_balances(as_of=at(5, 4)).alerted == 0
    use(line, "b", 1)
    assert settle_balances(as_of=at(5, 4)).alerted == 1
    use(line, "c", 200)
    assert settle_balances(as_of=at(5, 5)).alerted == 2
    assert said() == [(50, D(150)), (80, D(300)), (100, D(300))]
    assert settle_balances(as_of=at(5, 6)).alerted == 0
    events = BusinessEvent.objects.filter(topic="balance.threshold_reached").order_by("id")
    assert [one.payload["percent"] for one in events] == [50, 80, 100]
    assert events[0].payload["used"] == "150.00000000"
    assert events[0].subject_id == BalanceBucket.objects.get(alerts__percent=50).pk


def test_p64_usage_taken_back_and_used_again_says_nothing_new(line: Company) -> None:
    use(line, "a", 250)
    settle_balances(as_of=at(5, 4))
    use(line, "b", -150)
    settle_balances(as_of=at(5, 5))
    use(line, "c", 150)
    assert settle_balances(as_of=at(5, 6)).alerted == 0
    assert [percent for percent, _ in said()] == [50, 80]


def test_units_taken_back_by_hand_are_not_used_and_silent_offers_say_nothing(
    company: Company,
) -> None:
    include(company)
    open_line(company, "50", name="Ann")
    settle_balances(as_of=at(5, 1))
    use(company, "a", 300)
    assert alert_balances(as_of=at(5, 4)) == 0


def test_alerts_are_listed_for_the_clerk(client: Client, line: Company) -> None:
    use(line, "a", 250)
    settle_balances(as_of=at(5, 4))
    client.force_login(person("clerk", *VIEWS, "rating.view_thresholdalert"))
    text = page(client, "alerts")
    assert "Included data" in text
    assert "50 %" in text
    assert "Included data" not in page(client, "alerts", query="?percent=100")


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        ("UPDATE {} SET used = 1", "is_append_only"),
        ("DELETE FROM {}", "is_append_only"),
        (
            (
                "INSERT INTO {0} (bucket_id, account_id, percent, used, most)"
                " SELECT bucket_id, account_id, 50, 1, 2 FROM {0}"
            ),
            "once",
        ),
        (
            (
                "INSERT INTO {0} (bucket_id, account_id, percent, used, most)"
                " SELECT bucket_id, account_id, 60, 1, 2 FROM {0}"
            ),
            "percent_known",
        ),
        (
            (
                "INSERT INTO {0} (bucket_id, account_id, percent, used, most)"
                " SELECT bucket_id, account_id, 100, 'NaN', 2 FROM {0}"
            ),
            "used_is_number",
        ),
        (
            (
                "INSERT INTO {0} (bucket_id, account_id, percent, used, most)"
                " SELECT bucket_id, account_id, 100, 1, 'NaN' FROM {0}"
            ),
            "most_is_number",
        ),
    ],
)
def test_what_was_said_is_kept(line: Company, attack: str, guard: str) -> None:
    use(line, "a", 150)
    settle_balances(as_of=at(5, 4))
    run("SET CONSTRAINTS ALL IMMEDIATE")
    _refused(attack.format(ALERT), f"{ALERT}_{guard}")
