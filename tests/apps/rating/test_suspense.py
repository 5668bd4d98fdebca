"""Suspended rows are corrected and recycled, or written off, and never lost (RATE step 9)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from foundation.errors import Forbidden, Invalid
from rating import operations, queries
from rating.choices import SuspenseState
from rating.models import SuspenseItem, Usage, UsageAggregate
from rating.operations.suspending import CannotRecycle
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    load,
    open_line,
    person,
    row,
    stored_events,
)
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=1)


def waiting() -> SuspenseItem:
    return SuspenseItem.objects.get(state=SuspenseState.OPEN)


def test_a_corrected_row_keeps_its_time_and_file(company: Company) -> None:
    file = load(company, row("a", identifier="4999", quantity="7"))
    done = operations.recycle(
        item_ids=[waiting().pk], corrections={"identifier": "4915"}, as_of=LATER
    )
    assert (done.stored, done.duplicates, done.still_open) == (1, 0, 0)
    event = Usage.objects.get()
    assert (event.identifier, event.file_id, event.row_number) == ("4915", file.pk, 2)
    assert event.received_at == LATER
    assert UsageAggregate.objects.get().quantity == 7
    item = SuspenseItem.objects.get()
    assert item.state == SuspenseState.RECYCLED
    assert item.fields["identifier"] == "4999"
    assert item.corrections == {"identifier": "4915"}
    assert findings() == []


def test_a_number_given_to_a_service_later_lets_its_rows_through(company: Company) -> None:
    load(company, row("a", identifier="4999"), row("b", identifier="4999"))
    open_line(company, "4999", date(2027, 5, 1), name="Student")
    ids = list(queries.suspense(reason="NO_OWNER").values_list("id", flat=True))
    assert operations.recycle(item_ids=ids, as_of=LATER).stored == 2
    assert findings() == []


def test_what_still_fails_waits_with_its_new_reason(company: Company) -> None:
    load(company, row("a", quantity="x"))
    operations.recycle(item_ids=[waiting().pk], corrections={"quantity": "5"}, as_of=LATER)
    assert UsageAggregate.objects.get().quantity == 5
    load(company, row("b", quantity="x", identifier="4999"))
    done = operations.recycle(item_ids=[waiting().pk], corrections={"quantity": "5"}, as_of=LATER)
    assert done.still_open == 1
    item = waiting()
    assert (item.reason, item.attempts) == ("NO_OWNER", 1)
    assert item.quantity == Decimal(5)
    operations.recycle(item_ids=[item.pk], corrections={"identifier": "4915"}, as_of=LATER)
    assert not queries.suspense().exists()
    assert findings() == []


def test_a_conflict_is_solved_by_another_key(company: Company) -> None:
    load(company, row("a", quantity="1"))
    load(company, row("a", quantity="2"))
    item = waiting()
    assert operations.recycle(item_ids=[item.pk], as_of=LATER).still_open == 1
    done = operations.recycle(
        item_ids=[item.pk], corrections={"event_key": "a-corrected"}, as_of=LATER
    )
    assert done.stored == 1
    assert UsageAggregate.objects.get().quantity == 3
    assert findings() == []


def test_a_row_whose_good_copy_came_meanwhile_is_a_duplicate(company: Company) -> None:
    load(company, row("a", quantity="x"))
    load(company, row("a", quantity="5"))
    done = operations.recycle(item_ids=[waiting().pk], corrections={"quantity": "5"}, as_of=LATER)
    assert (done.stored, done.duplicates) == (0, 1)
    assert stored_events() == 1
    assert findings() == []


def test_an_ended_row_is_not_recycled_again(company: Company) -> None:
    load(company, row("a", identifier="4999"))
    item = waiting()
    operations.recycle(item_ids=[item.pk], corrections={"identifier": "4915"}, as_of=LATER)
    with pytest.raises(CannotRecycle):
        operations.recycle(item_ids=[item.pk], as_of=LATER)
    assert stored_events() == 1


def test_who_may_do_what(company: Company) -> None:
    load(company, row("a", identifier="4999"))
    with pytest.raises(Forbidden):
        operations.recycle(item_ids=[waiting().pk], as_of=LATER, actor=person("viewer"))


@pytest.mark.parametrize(
    "corrections", [{"price": "1"}, {"identifier": "9" * 501}, {"attr.Zone": "EU"}]
)
def test_only_columns_of_a_row_are_corrected(
    company: Company, corrections: dict[str, str]
) -> None:
    load(company, row("a", identifier="4999"))
    with pytest.raises(Invalid):
        operations.recycle(item_ids=[waiting().pk], corrections=corrections, as_of=LATER)


def test_groups_tell_reason_count_age_and_value(company: Company) -> None:
    load(company, row("a", identifier="4999", quantity="7"), row("b", identifier="4998"))
    load(company, row("c", usage_type="SMS"))
    assert [
        (group.reason, group.usage_type, group.count, group.quantity)
        for group in queries.suspense_groups()
    ] == [("NO_OWNER", "DATA", 2, Decimal(8)), ("UNKNOWN_TYPE", "SMS", 1, Decimal(0))]


def test_a_row_that_cannot_be_read_is_kept_as_its_line(company: Company) -> None:
    load(company, 'x,"y', row("b"))
    item = waiting()
    assert item.reason == "BAD_ROW"
    assert 'x,"y' in item.fields["line"]
    assert findings() == []
