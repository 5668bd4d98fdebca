"""A usage file becomes events, sums, duplicates and suspense, and nothing is lost (I-11)."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from unittest import mock

import pytest
from django.db.models import Sum

from foundation.errors import Forbidden
from foundation.integrity import Finding
from rating import operations, queries
from rating.choices import FileState, SuspenseState
from rating.models import SuspenseItem, Usage, UsageAggregate, UsageFile, UsageKey
from rating.operations.receiving import AlreadyLoaded, CannotLoadFile
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    counts,
    csv_of,
    load,
    open_line,
    person,
    publish_price,
    row,
    stored_events,
    sums,
)

pytestmark = pytest.mark.django_db
D = Decimal


def findings() -> list[Finding]:
    return [one for check in queries.INTEGRITY for one in check.run()]


def test_a_file_is_stored_guided_and_summed(company: Company) -> None:
    file = load(
        company,
        row("a", quantity="10"),
        row("b", quantity="2", uom="GB"),
        row("c", quantity="5", attr_zone="WORLD"),
        row("d", usage_type="VOICE", quantity="61", attr_zone=""),
        row("e", usage_type="VOICE", quantity="3", attr_zone=""),
    )
    assert file.state == FileState.LOADED
    assert counts(file) == (5, 5, 0, 0)
    assert sums() == [
        # 61 s are two minutes of 0.075, one of 3 s is one minute; each rounded by itself:
        # 120 × 0.00125 = 0.15; 60 × 0.00125 = 0.075 → 0.08
        ("Household", "CALLS", "2027-05-03 *", D(180), 2, D("0.23")),
        ("Household", "DATA", "2027-05-03 zone=EU", D(2010), 2, None),
        ("Household", "DATA", "2027-05-03 zone=WORLD", D(5), 1, None),
    ]
    assert findings() == []


def test_an_event_belongs_to_the_local_day_of_its_account(company: Company) -> None:
    """PER-4: 22:30 UTC is already the next day in Berlin in summer."""
    load(company, row("a", event_start="2027-05-03T22:30:00Z"))
    assert UsageAggregate.objects.get().on_date == date(2027, 5, 4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identifier": "4999"}, "NO_OWNER"),
        ({"event_start": "2026-12-31T10:00:00Z"}, "NO_OWNER"),
        ({"usage_type": "SMS"}, "UNKNOWN_TYPE"),
        ({"quantity": "x"}, "BAD_QUANTITY"),
        ({"attr_zone": "MOON"}, "BAD_ATTRIBUTE"),
        ({"event_start": "2027-06-30T00:00:00Z"}, "IN_FUTURE"),
    ],
)
def test_what_cannot_be_processed_waits_with_its_reason(
    company: Company, changes: dict[str, str], reason: str
) -> None:
    file = load(company, row("good"), row("bad", **changes))
    assert counts(file) == (2, 1, 0, 1)
    item = SuspenseItem.objects.get()
    assert (item.reason, item.row_number, item.state) == (reason, 3, SuspenseState.OPEN)
    assert item.fields["event_key"] == "bad"
    assert item.next_step
    assert findings() == []


def test_the_same_event_again_is_a_duplicate(company: Company) -> None:
    """F08: in the same file, in another file, spelled in another way."""
    first = load(company, row("a"), row("b"), row("a"))
    assert counts(first) == (3, 2, 1, 0)
    again = load(company, row("b", quantity="1.000"), row("a", uom="MB"), row("c"))
    assert counts(again) == (3, 1, 2, 0)
    assert stored_events() == 3
    assert findings() == []


def test_a_key_with_other_content_waits_and_does_not_replace(company: Company) -> None:
    load(company, row("a", quantity="1"))
    file = load(company, row("a", quantity="2"))
    assert counts(file) == (1, 0, 0, 1)
    assert SuspenseItem.objects.get().reason == "DUP_CONFLICT"
    assert UsageAggregate.objects.get().quantity == 1
    assert findings() == []


def test_a_suspended_row_sent_again_does_not_wait_twice(company: Company) -> None:
    load(company, row("a", identifier="4999"))
    file = load(company, row("a", identifier="4999"), row("b"))
    assert counts(file) == (2, 1, 1, 0)
    assert SuspenseItem.objects.count() == 1


def test_the_same_file_is_loaded_once(company: Company) -> None:
    load(company, row("a"))
    with pytest.raises(AlreadyLoaded):
        load(company, row("a"), name="other.csv")
    assert stored_events() == 1


def test_a_service_that_is_not_active_and_a_charge_that_does_not_fit(company: Company) -> None:
    from customers.models import ServiceStatusPeriod

    period = ServiceStatusPeriod.objects.get()
    period.state = "SUSPENDED"
    period.save()
    load(company, row("a"))
    assert SuspenseItem.objects.get().reason == "INACTIVE_SERVICE"


def test_two_holders_of_a_number_each_pay_for_their_time(company: Company) -> None:
    """Guiding asks for the owner at the time of the event, not of the file."""
    from tests.apps.rating.company import close_line

    line = company.accounts["Household"].subscriptions.get()
    close_line(line, date(2027, 5, 10))
    open_line(company, "4915", date(2027, 5, 20), name="Student")
    file = load(
        company,
        row("before", event_start="2027-05-09T21:59:59Z"),
        row("between", event_start="2027-05-09T22:00:00Z"),
        row("after", event_start="2027-05-19T22:00:00Z"),
    )
    assert counts(file) == (3, 2, 0, 1)
    assert [(one[0], one[2]) for one in sums()] == [
        ("Household", "2027-05-09 zone=EU"),
        ("Student", "2027-05-20 zone=EU"),
    ]
    assert SuspenseItem.objects.get().fields["event_key"] == "between"


def test_an_event_rounded_by_itself_needs_a_price(company: Company) -> None:
    load(company, row("a", usage_type="VOICE", attr_zone="", event_start="2027-05-03T10:00:00Z"))
    event = Usage.objects.get()
    assert event.amount_exact == D("0.08")
    assert event.price_version_id is not None
    assert event.currency == "EUR"


def test_late_events_are_refused_after_the_limit_of_the_source(company: Company) -> None:
    """RATE-3 REJECT: older than the limit waits as TOO_LATE."""
    company.source.late_days = 20
    company.source.save()
    file = load(company, row("late"), row("fresh", event_start="2027-05-29T10:00:00Z"))
    assert counts(file) == (2, 1, 0, 1)
    assert SuspenseItem.objects.get().reason == "TOO_LATE"


def test_a_trailer_must_agree(company: Company) -> None:
    good = operations.load_file(
        source=company.source, filename="a.csv", received_at=RECEIVED,
        content=csv_of(row("a"), row("b", quantity="2", uom="GB"), trailer="#TRAILER,2,3"),
    )  # fmt: skip
    assert (good.declared_count, good.is_control_total_wrong) == (2, False)
    with pytest.raises(CannotLoadFile):
        operations.load_file(
            source=company.source, filename="b.csv", received_at=RECEIVED,
            content=csv_of(row("c"), trailer="#TRAILER,2,1"),
        )  # fmt: skip
    assert UsageFile.objects.get(name="b.csv").state == FileState.REJECTED
    wrong = operations.load_file(
        source=company.source, filename="c.csv", received_at=RECEIVED,
        content=csv_of(row("d"), trailer="#TRAILER,1,9"),
    )  # fmt: skip
    assert wrong.is_control_total_wrong
    assert [one.code for one in findings()] == ["I-19"]


@pytest.mark.parametrize("files", [1, 2])
def test_a_key_counts_once_whatever_time_service_or_file_it_comes_with(
    company: Company, files: int
) -> None:
    """One key, five contents: another month, another number, another quantity are conflicts."""
    rows = [
        row("a"), row("a", uom="MB"), row("a", event_start="2027-04-02T08:00:00Z"),
        row("a", identifier="4999"), row("a", quantity="7"), row("b"),
    ]  # fmt: skip
    with mock.patch("rating.operations.receiving.part_count", return_value=5):
        if files == 1:
            load(company, *rows)
        else:
            for number, one in enumerate(rows):
                load(company, one, name=f"{number}.csv")
    assert stored_events() == 2
    assert UsageFile.objects.aggregate(n=Sum("duplicate_count"))["n"] == 1
    reasons = SuspenseItem.objects.values_list("reason", flat=True)
    assert sorted(reasons) == ["DUP_CONFLICT"] * 3
    assert UsageKey.objects.count() == 2
    assert findings() == []


def test_refused_rows_count_towards_the_total_of_the_sender(company: Company) -> None:
    """I-19: 1 stored + 2 at a bad time + 4 of nobody + 8 of an unknown type + 1 sent twice."""
    file = operations.load_file(
        source=company.source, filename="x", received_at=RECEIVED,
        content=csv_of(
            row("a"), row("b", quantity="2", event_start="yesterday"),
            row("c", quantity="4", identifier="4999"), row("d", quantity="8", usage_type="FAX"),
            row("a"), row("e", quantity="many"), trailer="#TRAILER,6,16",
        ),
    )  # fmt: skip
    assert (file.loaded_count, file.suspended_count, file.duplicate_count) == (1, 4, 1)
    assert file.received_quantity == Decimal(16)
    assert not file.is_control_total_wrong
    assert findings() == []


def test_a_gap_in_the_numbers_raises_an_alarm_that_stays(company: Company) -> None:
    load(company, row("a"), sequence=1)
    late = load(company, row("b"), sequence=4)
    assert late.gap_before == 2
    assert queries.missing_numbers() == [queries.Gap("MED", 2, 3)]
    load(company, row("c"), sequence=3)
    assert queries.missing_numbers() == [queries.Gap("MED", 2, 2)]
    with pytest.raises(CannotLoadFile):
        load(company, row("d"), sequence=3)


def test_the_number_may_stand_in_the_name(company: Company) -> None:
    company.source.numbers_files = True
    company.source.save()
    assert load(company, row("a"), name="usage_0007.csv").sequence == 7
    with pytest.raises(CannotLoadFile):
        load(company, row("b"), name="usage.csv")


def test_a_rehearsal_changes_nothing(company: Company) -> None:
    verdict = operations.rehearse_file(
        source=company.source, filename="a.csv", received_at=RECEIVED,
        content=csv_of(row("a"), row("b", identifier="4999")),
    )  # fmt: skip
    assert (verdict.received, verdict.loaded, verdict.suspended) == (2, 1, 1)
    assert [(p.row, p.rule) for p in verdict.problems] == [(3, "NO_OWNER")]
    assert not UsageFile.objects.exists()
    assert stored_events() == 0
    assert counts(load(company, row("a"), row("b", identifier="4999"))) == (2, 1, 0, 1)


def test_only_who_may_loads(company: Company) -> None:
    with pytest.raises(Forbidden):
        load(company, row("a"), actor=person("viewer", "rating.view_usagefile"))
    assert load(company, row("a"), actor=person("operator", "rating.load_usage")).loaded_count == 1


def test_excel_is_loaded_like_csv(company: Company) -> None:
    import xlsxwriter

    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    lines = [csv_of(row("a", quantity="12.5"), row("b", quantity="x")).decode().split("\n")]
    for number, line in enumerate(lines[0][:-1]):
        for column, text in enumerate(line.split(",")):
            sheet.write_string(number, column, text)
    book.close()
    file = operations.load_file(
        source=company.source, filename="a.xlsx", content=out.getvalue(), received_at=RECEIVED
    )
    assert counts(file) == (2, 1, 0, 1)
    assert SuspenseItem.objects.get().row_number == 3
    assert UsageAggregate.objects.get().quantity == D("12.5")


def test_usage_is_priced_by_the_version_of_the_day(company: Company) -> None:
    """TIER-3: a new price in mid-period splits the quantity by event time."""
    from customers.models import SubscriptionCharge

    publish_price(
        company.data, unit_price=D("0.02"), attribute_key="zone=EU",
        valid=(date(2027, 5, 15), None),
    )  # fmt: skip
    load(
        company,
        row("a", quantity="100", event_start="2027-05-14T10:00:00Z"),
        row("b", quantity="50", event_start="2027-05-15T10:00:00Z"),
    )
    own = SubscriptionCharge.objects.get(charge=company.data)
    rated = queries.provisional(
        account_id=own.account_id, start=date(2027, 5, 1), end=date(2027, 6, 1)
    )
    # 100 × 0.01 + 50 × 0.02
    assert [(one.quantity, one.amount) for one in rated] == [(D(150), D("2.00"))]
    assert len(rated[0].price_version_ids) == 2
