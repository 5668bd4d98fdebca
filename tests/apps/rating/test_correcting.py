"""Stored usage is corrected, not deleted: amended, cancelled, taken back with its file."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from foundation.errors import Forbidden, Invalid
from rating import operations
from rating.models import BalanceBucket, PendingDraw, SuspenseItem, Usage, UsageFile
from rating.rules import scanning
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    counts,
    csv_of,
    load,
    open_line,
    person,
    row,
    sums,
)
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_rerating import rerate_may

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=1)
D = Decimal


def event(key: str) -> dict[str, Any]:
    found = Usage.objects.get(event_key=key)
    return {"account_id": found.account_id, "event_id": found.id}


def cancel(key: str) -> SuspenseItem:
    return operations.cancel_event(**event(key), reason="test call", as_of=LATER)


def amend(key: str, **corrections: str) -> SuspenseItem:
    return operations.amend_event(
        **event(key), corrections=corrections, reason="meter was wrong", as_of=LATER
    )


def test_a_cancelled_event_counts_no_more_and_stays_on_record(company: Company) -> None:
    """Of 5 and 7 on one day 5 remain; the row is written off as it came."""
    file = load(company, row("a", quantity="5"), row("b", quantity="7"))
    gone = event("b")
    item = cancel("b")
    assert [(line[3], line[4]) for line in sums()] == [(D(5), 1)]
    assert (item.state, item.reason, item.resolution) == ("WRITTEN_OFF", "TAKEN_BACK", "test call")
    assert item.fields == {
        "event_key": "b", "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915", "event_start": "2027-05-03T10:15:22Z",
        "event_end": "2027-05-03T10:15:22Z", "quantity": "7", "attr.zone": "EU",
    }  # fmt: skip
    assert findings() == []
    assert rerate_may().changed == 0
    again = load(company, row("b", quantity="7"), row("c"), name="again.csv")
    assert counts(again) == (2, 1, 1, 0)
    assert file.loaded_count == 2
    with pytest.raises(operations.CannotCorrect, match="not there any more"):
        operations.cancel_event(**gone, reason="test call", as_of=LATER)


def test_the_last_event_of_a_sum_takes_it_away(company: Company) -> None:
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    cancel("a")
    assert sums() == []
    assert findings() == []


def test_an_amended_event_counts_with_its_new_values(company: Company) -> None:
    """70 become 7, of the other zone; the record keeps both."""
    load(company, row("a", quantity="70"), row("b", quantity="1"))
    item = amend("a", **{"quantity": "7", "attr.zone": "WORLD"})
    assert [(line[2], line[3]) for line in sums()] == [
        ("2027-05-03 zone=EU", D(1)), ("2027-05-03 zone=WORLD", D(7)),
    ]  # fmt: skip
    assert (item.state, item.fields["quantity"], item.corrections) == (
        "RECYCLED", "70", {"quantity": "7", "attr.zone": "WORLD"},
    )  # fmt: skip
    amend("a", quantity="8")
    assert [line[3] for line in sums()] == [D(1), D(8)]
    assert findings() == []


def test_an_event_goes_to_another_owner(company: Company) -> None:
    open_line(company, "4916", name="Student")
    load(company, row("a", quantity="5"))
    amend("a", identifier="4916")
    assert [(line[0], line[3]) for line in sums()] == [("Student", D(5))]
    assert findings() == []


@pytest.mark.parametrize(
    "corrections",
    [{"identifier": "4711"}, {"quantity": "many"}, {"event_start": "2027-13-01T00:00:00Z"}],
)
def test_what_cannot_be_stored_leaves_the_event_as_it_was(
    company: Company, corrections: dict[str, str]
) -> None:
    load(company, row("a", quantity="5"))
    before = sums()
    with pytest.raises(operations.CannotCorrect):
        amend("a", **corrections)
    assert sums() == before
    assert not SuspenseItem.objects.exists()


def test_corrections_need_a_reason_a_change_and_a_right(company: Company) -> None:
    load(company, row("a"))
    with pytest.raises(Invalid, match="few words"):
        operations.cancel_event(**event("a"), reason=" ", as_of=LATER)
    with pytest.raises(Invalid, match="another"):
        amend("a")
    with pytest.raises(Invalid, match="keeps its key"):
        amend("a", event_key="z")
    with pytest.raises(Forbidden):
        operations.cancel_event(
            **event("a"), reason="test call", as_of=LATER, actor=person("viewer")
        )
    assert Usage.objects.count() == 1


def test_what_buckets_covered_is_given_back(company: Company) -> None:
    """ENT-6: 70 of 100 are drawn; without them 80 of the next event are covered."""
    bucket(company.accounts["Household"], 100)
    load(company, row("a", quantity="70"), row("b", quantity="80"))
    assert [line[3] for line in sums()] == [D(50)]
    cancel("a")
    assert [line[3] for line in sums()] == [D(0)]
    assert BalanceBucket.objects.get().remaining == D(20)
    assert not PendingDraw.objects.exists()
    assert findings() == []


def test_negative_corrections_come_where_the_type_allows(company: Company) -> None:
    """The supplier takes 3 of 5 back; calls take no corrections."""
    file = load(
        company,
        row("a", quantity="5"),
        row("a-", quantity="-3"),
        row("v", usage_type="VOICE", attr_zone="", quantity="-60"),
    )
    assert [line[3] for line in sums()] == [D(2)]
    assert counts(file) == (3, 2, 0, 1)
    assert SuspenseItem.objects.get().reason == "NEGATIVE"


def test_a_file_is_taken_back_whole_and_put_back(company: Company) -> None:
    load(company, row("z", quantity="1"), name="before.csv")
    before = sums()
    file = load(company, row("a", quantity="5"), row("b"), row("x", identifier="4711"))
    stored = sums()
    assert operations.take_back_file(file_id=file.pk, reason="wrong month") == 2
    assert sums() == before
    assert findings() == []
    with pytest.raises(operations.CannotCorrect, match="none of its rows counts"):
        operations.take_back_file(file_id=file.pk, reason="wrong month")
    waiting = SuspenseItem.objects.filter(reason="TAKEN_BACK").values_list("pk", flat=True)
    assert operations.recycle(item_ids=list(waiting), as_of=LATER).stored == 2
    assert sums() == stored
    assert findings() == []


def test_a_backfill_shows_at_once_or_not_at_all(company: Company) -> None:
    """A worker that dies in the second part leaves nothing of the first."""
    rows = [row(f"k{number}", quantity="1") for number in range(40)]
    open_line(company, "4916", name="Student")
    rows += [row(f"s{number}", identifier="4916") for number in range(40)]
    real, calls = operations.loading._load_part, []  # type: ignore[attr-defined]

    def dies(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args)

    content = csv_of(*rows)
    given: dict[str, Any] = {
        "source": company.source,
        "filename": "backfill.csv",
        "received_at": RECEIVED,
    }
    with (
        mock.patch(
            "rating.operations.receiving.part_count",
            lambda size: scanning.part_count(size, part_bytes=1000),
        ),
        mock.patch("rating.operations.loading._load_part", dies),
        pytest.raises(KeyboardInterrupt),
    ):
        operations.load_file(content=content, at_once=True, **given)
    assert len(calls) == 2
    assert sums() == []
    with mock.patch(
        "rating.operations.receiving.part_count",
        lambda size: scanning.part_count(size, part_bytes=1000),
    ):
        file = operations.load_file(content=content, at_once=True, **given)
    assert counts(file) == (80, 80, 0, 0)


def test_the_pages_correct_events_and_files(
    company: Company, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    load(company, row("a", quantity="5"), row("b", quantity="7"))
    client.force_login(
        person(
            "clerk", "rating.view_usageevent", "rating.view_suspenseitem", "rating.view_usagefile",
            "rating.recycle_suspense", "rating.write_off_usage", "rating.load_usage",
        )
    )  # fmt: skip
    address = list(event("a").values())
    shown = client.get(reverse("rating:event", args=address)).content.decode()
    assert "Cancel event" in shown
    form = client.get(reverse("rating:amend_event", args=address)).content.decode()
    assert 'value="2027-05-03T10:15:22Z"' in form
    given = {
        "usage_type": "DATA", "identifier_type": "MSISDN", "identifier": "4915",
        "event_start": "2027-05-03T10:15:22Z", "event_end": "2027-05-03T10:15:22Z",
        "quantity": "6", "attr.zone": "EU", "reason": "meter was wrong",
    }  # fmt: skip
    amended = client.post(reverse("rating:amend_event", args=address), given, follow=True)
    assert "counts with its new values" in amended.content.decode()
    assert SuspenseItem.objects.get().corrections == {"quantity": "6"}
    gone = client.post(
        reverse("rating:cancel_event", args=list(event("b").values())),
        {"reason": "test call"},
        follow=True,
    )
    assert "counts no more" in gone.content.decode()
    assert [line[3] for line in sums()] == [D(6)]
    page = reverse("rating:take_back_file", args=[UsageFile.objects.get().pk])
    back = client.post(page, {"reason": "wrong month"}, follow=True).content.decode()
    assert "1 events are taken back" in back
    assert sums() == []
