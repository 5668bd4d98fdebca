"""Usage drawn from balances: covered at zero, the rest charged, always the same (ENT-3, ENT-6)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import PriceVersion
from customers.models import ServiceInstance
from rating import operations
from rating.models import BalanceBucket, BalanceMovement, PendingDraw, Usage
from rating.operations.drawing import draw_pending, request_draws
from tests.apps.rating.buckets import JULY, JUNE, MAY, bucket
from tests.apps.rating.company import RECEIVED, Company, load, open_line, publish_price, row, sums
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_rerating import rerate_may, some_rows

pytestmark = pytest.mark.django_db
D = Decimal


def left() -> list[Decimal]:
    return list(BalanceBucket.objects.order_by("id").values_list("remaining", flat=True))


def call(key: str, seconds: int, day: int = 3, **more: str) -> str:
    more.setdefault("event_start", f"2027-05-{day:02}T10:15:22Z")
    return row(key, usage_type="VOICE", quantity=str(seconds), attr_zone="", **more)


def test_ent3_what_is_covered_is_not_charged_and_the_rest_is(company: Company) -> None:
    bucket(company.accounts["Household"], 100)
    load(company, row("a", quantity="70"), row("b", quantity="80"))
    assert [line[3] for line in sums()] == [D(50)]
    assert left() == [0]
    covers = Usage.objects.order_by("row_number").values_list("covered_quantity", flat=True)
    assert list(covers) == [70, 30]
    assert not PendingDraw.objects.exists()
    assert findings() == []


def test_ent3_a_call_rated_by_itself_costs_what_the_whole_costs_more(company: Company) -> None:
    """Two minutes of three are covered: the third is charged; a covered call costs nothing."""
    bucket(company.accounts["Household"], 180, usage="VOICE")
    load(company, call("a", 60), call("b", 180, day=4))
    assert sums() == [("Household", "CALLS", "2027-05-03 *", D(0), 1, D(0)),
                      ("Household", "CALLS", "2027-05-04 *", D(60), 1, D("0.08"))]  # fmt: skip
    whole, part = Usage.objects.order_by("row_number")
    assert [whole.amount_exact, whole.covered_amount] == [D("0.08"), D("0.08")]
    assert [part.amount_exact, part.covered_amount] == [D("0.23"), D("0.15")]
    assert findings() == []


def test_what_covered_parts_cost_is_read_by_sets(company: Company) -> None:
    """A call of one account or of two, each covered in part: as many statements."""
    open_line(company, "4917", name="Cousin")
    for days in (3, 4, 5, 6):
        for account in company.accounts.values():
            valid = DateTimeTZRange(
                *(datetime(2027, 5, day, tzinfo=UTC) for day in (days, days + 1))
            )
            bucket(account, 60, usage="VOICE", valid=valid)
    load(company, call("first", 180), name="first.csv")  # makes the partition of the month
    with CaptureQueriesContext(connection) as one:
        load(company, call("a", 180, day=5), name="one.csv")
    with CaptureQueriesContext(connection) as two:
        both = [("4915", "b"), ("4917", "c")]
        load(company, *(call(key, 180, day=4, identifier=who) for who, key in both))
    assert len(two) == len(one)
    parts = Usage.objects.values_list("covered_quantity", "covered_amount")
    assert set(parts) == {(D(60), D("0.08"))}


def test_ent1_a_bucket_of_a_service_a_zone_or_another_time_is_left_alone(
    company: Company,
) -> None:
    household = company.accounts["Household"]
    open_line(company, "4916")
    second = ServiceInstance.objects.get(identifiers__value="4916")
    bucket(household, 10, service=second)
    bucket(household, 10, usage_filter={"zone": "WORLD"})
    bucket(household, 10, valid=(JUNE, JULY))
    load(company, row("a", quantity="5"))
    assert left() == [10, 10, 10]
    load(company, row("b", identifier="4916", attr_zone="WORLD", quantity="15"), name="b.csv")
    assert left() == [0, 5, 10]
    assert findings() == []


def test_ent6_a_late_event_is_drawn_where_it_belongs(company: Company) -> None:
    """The earlier call takes the units that a later one had; both files together say the same."""
    bucket(company.accounts["Household"], 100)
    load(company, row("late", event_start="2027-05-20T10:00:00Z", quantity="100"))
    load(company, row("early", event_start="2027-05-02T10:00:00Z", quantity="60"), name="2.csv")
    covered = dict(Usage.objects.values_list("event_key", "covered_quantity"))
    assert covered == {"early": 60, "late": 40}
    assert [line[3] for line in sums()] == [0, 60]
    kinds = BalanceMovement.objects.order_by("kind", "delta").values_list("kind", "delta")
    assert list(kinds) == [
        ("CONSUME", D(-100)), ("CONSUME", D(-60)), ("GRANT", D(100)), ("REVERSE", D(60)),
    ]  # fmt: skip
    assert findings() == []


def test_a_correction_gives_back(company: Company) -> None:
    bucket(company.accounts["Household"], 100)
    load(company, row("a", quantity="120"))
    load(
        company,
        row("b", quantity="-50", event_start="2027-05-20T10:00:00Z"),
        row("c", quantity="10", event_start="2027-05-21T10:00:00Z"),
        name="b.csv",
    )
    assert left() == [40]
    assert sum(line[3] for line in sums()) == 20
    assert findings() == []


@given(order=st.permutations(range(40)), cut=st.integers(1, 39))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rate1_draws_do_not_depend_on_the_order_of_arrival(
    company: Company, order: list[int], cut: int
) -> None:
    rows = some_rows()
    with transaction.atomic():
        household = company.accounts["Household"]
        bucket(household, 300)
        bucket(household, "1500", usage="VOICE", priority=1, valid=(MAY, MAY + timedelta(2)))
        bucket(household, "2000", usage="VOICE")
        load(company, *rows)
        expected, remaining = sums(), left()
        transaction.set_rollback(True)
    shuffled = [rows[position] for position in order]
    with transaction.atomic():
        bucket(household, 300)
        bucket(household, "1500", usage="VOICE", priority=1, valid=(MAY, MAY + timedelta(2)))
        bucket(household, "2000", usage="VOICE")
        load(company, *shuffled[:cut], name="1.csv")
        load(company, *shuffled[cut:], name="2.csv")
        assert sums() == expected
        assert left() == remaining
        assert findings() == []
        transaction.set_rollback(True)


def test_ent6_rating_again_draws_again_and_a_second_time_changes_nothing(
    company: Company,
) -> None:
    bucket(company.accounts["Household"], 90, usage="VOICE")
    load(company, call("a", 60), call("b", 120, day=5))
    PriceVersion.objects.filter(charge=company.calls).update(
        valid=(date(2020, 1, 1), date(2027, 5, 5))
    )
    publish_price(company.calls, unit_price=D("0.01"), valid=(date(2027, 5, 5), None))
    first = rerate_may()
    assert first.changed == 1
    assert [line[3:] for line in sums()] == [(D(0), 1, D(0)), (D(90), 1, D("0.60"))]
    moved = BalanceMovement.objects.count()
    second = rerate_may()
    assert (second.changed, second.accounts) == (0, [])
    assert BalanceMovement.objects.count() == moved
    assert findings() == []


def test_ent6_an_event_that_changes_hands_gives_back_what_it_drew(company: Company) -> None:
    from customers.models import ServiceIdentifier

    household = company.accounts["Household"]
    bucket(household, 100)
    open_line(company, "4917", name="Neighbour")
    later = "2027-05-09T00:00:00Z"
    load(company, row("a", quantity="30"), row("b", quantity="100", event_start=later))
    assert left() == [0]
    line = ServiceInstance.objects.get(identifiers__value="4917")
    ServiceIdentifier.objects.filter(value="4917").delete()
    ServiceIdentifier.objects.filter(value="4915").update(valid=(MAY + timedelta(7), None))
    ServiceIdentifier.objects.create(
        service=line, type="MSISDN", value="4915", valid=(MAY - timedelta(30), MAY + timedelta(7))
    )
    rerate_may()
    assert [line[0::3] for line in sums()] == [("Household", D(0)), ("Neighbour", D(30))]
    assert findings() == []


def test_a_rehearsal_of_rating_again_draws_nothing(company: Company) -> None:
    load(company, row("a", quantity="30"))
    bucket(company.accounts["Household"], 100)
    report = rerate_may(rehearse=True)
    assert [(one.quantity_before, one.quantity_after) for one in report.accounts] == [
        (D(30), D(0))
    ]
    assert left() == [100]
    assert not PendingDraw.objects.exists()


def test_what_was_asked_for_is_drawn_by_whoever_comes_next(company: Company) -> None:
    """A crash between a load and its drawing loses nothing; asking twice draws once."""
    load(company, row("a", quantity="30"))
    household = company.accounts["Household"]
    bucket(household, 100)
    assert draw_pending() == 0
    request_draws({household.pk: MAY})
    request_draws({household.pk: JUNE})
    assert draw_pending() == 1
    assert left() == [70]
    request_draws({household.pk: MAY})
    draw_pending()
    assert left() == [70]
    assert BalanceMovement.objects.filter(kind="CONSUME").count() == 1


def test_usage_of_accounts_without_balances_asks_for_nothing(company: Company) -> None:
    open_line(company, "4917", name="Neighbour")
    bucket(company.accounts["Neighbour"], 100)
    with mock.patch("rating.operations.drawing.holdings") as read:
        load(company, row("a"))
    assert not read.called


def test_recycled_usage_and_calls_of_the_api_are_drawn(company: Company) -> None:
    from rating.models import SuspenseItem

    bucket(company.accounts["Household"], 100)
    load(company, row("a", identifier="4999", quantity="30"))
    item = SuspenseItem.objects.get()
    operations.recycle(item_ids=[item.pk], corrections={"identifier": "4915"}, as_of=RECEIVED)
    assert left() == [70]
    sent = {
        "event_key": "api", "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915", "event_start": "2027-05-04T00:00:00Z", "quantity": "20",
        "attr.zone": "EU",
    }  # fmt: skip
    operations.load_events(
        source=company.source, rows=[sent], request_id="1", received_at=RECEIVED
    )
    assert left() == [50]
    assert findings() == []
