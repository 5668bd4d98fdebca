"""RATE-1 and RATE-2: the result depends on the events, not on their order or on how often."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import ChargeSegment, ServiceIdentifier
from foundation.errors import Forbidden
from rating import operations
from rating.choices import SuspenseState
from rating.models import RatedUsage, SuspenseItem, Usage, UsageAggregate, UsageEvent
from rating.operations.rerating import Rerated
from rating.queries.terms import usage_charges
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    load,
    open_line,
    person,
    publish_price,
    row,
    sums,
)
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=1)


def rerate_may(**more: Any) -> Rerated:
    return operations.rerate(start=date(2027, 5, 1), end=date(2027, 6, 1), as_of=LATER, **more)


def some_rows() -> list[str]:
    return [
        row(
            f"k{number}",
            usage_type="VOICE" if number % 3 else "DATA",
            attr_zone="" if number % 3 else ("EU", "WORLD")[number % 2],
            identifier="4915" if number % 5 else "4999",
            event_start=f"2027-05-{1 + number % 4:02}T{number % 24:02}:30:00Z",
            quantity=str(1 + number * 7 % 400),
        )
        for number in range(40)
    ]


@given(order=st.permutations(range(40)), cut=st.integers(1, 39), part=st.integers(200, 4000))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sums_do_not_depend_on_order_files_or_parts(
    company: Company, order: list[int], cut: int, part: int
) -> None:
    """RATE-1: any order, cut into two files, loaded in parts of any size.

    RATE-2: rated again it is the same.
    """
    from django.db import transaction

    from rating.rules import scanning

    rows = some_rows()
    with transaction.atomic():
        load(company, *rows)
        expected = sums()
        waiting = SuspenseItem.objects.count()
        transaction.set_rollback(True)
    shuffled = [rows[position] for position in order]
    with transaction.atomic():
        with mock.patch(
            "rating.operations.receiving.part_count",
            lambda size: scanning.part_count(size, part_bytes=part),
        ):
            load(company, *shuffled[:cut], name="1.csv")
            load(company, *shuffled[cut:], *shuffled[:3], name="2.csv")
        assert sums() == expected
        assert SuspenseItem.objects.count() == waiting
        assert rerate_may().changed == 0
        assert sums() == expected
        assert findings() == []
        transaction.set_rollback(True)


def test_rating_again_changes_nothing(company: Company) -> None:
    """RATE-1, RATE-2."""
    load(company, *some_rows())
    before = sums()
    for _ in range(2):
        done = rerate_may()
        assert (done.changed, done.suspended, done.accounts) == (0, 0, [])
        assert done.events == 32
    assert sums() == before


def test_damaged_sums_are_rebuilt(company: Company) -> None:
    load(company, *some_rows())
    before = sums()
    UsageAggregate.objects.filter(on_date=date(2027, 5, 2)).update(quantity=1)
    assert [one.code for one in findings()] == ["I-11"]
    rerate_may()
    assert sums() == before
    assert findings() == []


@pytest.mark.parametrize("account_ids", [None, "all of them"])
def test_damaged_sums_are_added_up_again_without_rating(
    company: Company, account_ids: str | None
) -> None:
    """RATE step 10: of results, and of events that lines price; rehearsed first."""
    load(company, *some_rows())
    before = sums()
    UsageAggregate.objects.filter(on_date=date(2027, 5, 2)).update(quantity=1)
    UsageAggregate.objects.filter(on_date=date(2027, 5, 3)).delete()
    may: dict[str, Any] = {
        "start": date(2027, 5, 1),
        "end": date(2027, 6, 1),
        "account_ids": account_ids and [company.accounts["Household"].pk],
    }
    damaged = sums()
    rehearsed = operations.rebuild_sums(**may, rehearse=True)
    assert sums() == damaged
    (changed,) = operations.rebuild_sums(**may)
    assert [changed] == rehearsed
    assert changed.quantity_after == sum(quantity for _, _, _, quantity, _, _ in before)
    assert (changed.events_after, changed.events_before) == (32, 25)
    assert sums() == before
    assert findings() == []
    assert operations.rebuild_sums(**may) == []


def test_a_number_given_to_another_account_moves_its_events(company: Company) -> None:
    """RATE-2: the owner at the time of the event was wrong; only the days touched move."""
    load(
        company,
        row("a", event_start="2027-05-03T10:00:00Z", quantity="5"),
        row("b", event_start="2027-05-20T10:00:00Z", quantity="7"),
    )
    open_line(company, "4998", date(2027, 5, 10), name="Student")
    first = ServiceIdentifier.objects.get(value="4915")
    second = ServiceIdentifier.objects.get(value="4998")
    day = second.valid.lower
    first.valid = (first.valid.lower, day)
    first.save()
    second.value = "4915"
    second.save()
    rehearsed = rerate_may(rehearse=True)
    assert rehearsed.changed == 1
    assert {one[0] for one in sums()} == {"Household"}
    done = rerate_may()
    assert [(one.quantity_before, one.quantity_after) for one in done.accounts] == [
        (Decimal(12), Decimal(5)),
        (Decimal(0), Decimal(7)),
    ]
    assert [(one[0], one[3]) for one in sums()] == [
        ("Household", Decimal(5)),
        ("Student", Decimal(7)),
    ]
    assert findings() == []
    assert rerate_may().changed == 0


def test_a_new_price_of_the_event_is_taken(company: Company) -> None:
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    assert Usage.objects.get().amount_exact == Decimal("0.08")
    own = ChargeSegment.objects.get(subscription_charge__charge=company.calls)
    own.override_price = Decimal("0.01")
    own.save()
    done = rerate_may()
    assert [(one.amount_before, one.amount_after) for one in done.accounts] == [
        (Decimal("0.08"), Decimal("0.60"))
    ]
    assert UsageAggregate.objects.get().amount == Decimal("0.60")


def test_a_lost_result_is_found_and_made_again(company: Company) -> None:
    """I-11: an event that is rated by itself and has no result counts nothing; that is told."""
    load(company, *some_rows(), row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    before, sent = sums(), list(Usage.objects.order_by("id").values())
    RatedUsage.objects.get(id=Usage.objects.get(event_key="a").id).delete()
    told = {one.message for one in findings()}
    assert "events that are rated one by one differ from their results" in told
    done = rerate_may()
    assert done.changed == 1
    assert (sums(), list(Usage.objects.order_by("id").values())) == (before, sent)
    assert findings() == []


def test_a_result_is_replaced_and_its_event_stays(company: Company) -> None:
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    before = UsageEvent.objects.values().get()
    own = ChargeSegment.objects.get(subscription_charge__charge=company.calls)
    own.override_price = Decimal("0.01")
    own.save()
    assert rerate_may().changed == 1
    assert RatedUsage.objects.get().amount_exact == Decimal("0.60")
    assert UsageEvent.objects.values().get() == before
    assert findings() == []


def test_a_charge_that_rates_one_by_one_no_more_moves_its_events(company: Company) -> None:
    """The result goes into the event and back again, as the charge says how it rounds."""
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    by_itself = Usage.objects.values().get()
    terms = {key: replace(one, by_event=False) for key, one in usage_charges().items()}
    with mock.patch("rating.operations.rerating.usage_charges", return_value=terms):
        assert rerate_may().changed == 1
    event = UsageEvent.objects.get()
    assert (event.attribute_key, event.billable_quantity) == ("*", Decimal(60))
    assert not RatedUsage.objects.exists()
    assert findings() == []
    assert rerate_may().changed == 1
    assert Usage.objects.values().get() == by_itself
    assert findings() == []


def test_an_event_that_belongs_nowhere_any_more_waits(company: Company) -> None:
    load(company, row("a", event_start="2027-05-20T10:00:00Z"), row("b"))
    held = ServiceIdentifier.objects.get(value="4915")
    start = held.valid.lower
    held.valid = (start, RECEIVED - timedelta(days=20))
    held.save()
    done = rerate_may()
    assert done.suspended == 1
    item = SuspenseItem.objects.get()
    assert (item.reason, item.state, item.row_number) == ("NO_OWNER", SuspenseState.OPEN, 2)
    assert Usage.objects.count() == 1
    assert findings() == []
    held.valid = (start, None)
    held.save()
    assert operations.recycle(item_ids=[item.pk], as_of=LATER).stored == 1
    assert findings() == []


def test_one_account_is_rated_without_the_others(company: Company) -> None:
    open_line(company, "4916", name="Student")
    load(company, row("a"), row("b", identifier="4916"))
    done = rerate_may(account_ids=[company.accounts["Student"].pk])
    assert done.events == 1


def test_only_who_may_rates_again(company: Company) -> None:
    with pytest.raises(Forbidden):
        rerate_may(actor=person("viewer"))


def test_a_new_price_is_used_only_from_its_day(company: Company) -> None:
    publish_price(
        company.calls, unit_price=Decimal("0.02"), attribute_key="x=y",
    )  # fmt: skip
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    assert Usage.objects.get().amount_exact == Decimal("0.08")


def test_pages_of_a_long_scope_leave_nothing_out(company: Company) -> None:
    load(company, *some_rows())
    with mock.patch("rating.queries.stored_events.PAGE", 7):
        assert rerate_may().events == 32
