"""Calls and sessions that come in parts count as one event, whatever order they come in (RATE 4).

CALLS cost 0.00125 a second in whole minutes: 61 s + 59 s are one call of 2 minutes, 0.15, where
the parts alone would be 2 + 1 minutes.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import TestCase

from rating import operations, tasks
from rating.models import SuspenseItem, Usage, UsageFile
from rating.operations import loading
from rating.rules.partials import PartTerms
from tests.apps.rating.company import (
    HEADER,
    RECEIVED,
    Company,
    counts,
    open_line,
    person,
    row,
    sums,
)
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_rerating import rerate_may

pytestmark = pytest.mark.django_db
D = Decimal
SOON, LATER = RECEIVED + timedelta(hours=1), RECEIVED + timedelta(hours=24)
ONE = ("1", "61", "2027-05-03T10:00:00Z", "2027-05-03T10:01:01Z", "")
TWO = ("2", "59", "2027-05-03T10:01:01Z", "2027-05-03T10:02:00Z", "1")
Piece = tuple[str, str, str, str, str]


@pytest.fixture
def parted(company: Company) -> Company:
    company.source.session_attribute = "call"
    company.source.sequence_attribute = "part"
    company.source.last_attribute = "last"
    company.source.save()
    return company


def part(piece: Piece, call: str = "c1", **more: str) -> str:
    number, quantity, start, end, last = piece
    common = row(
        more.pop("key", f"{call}-{number}"), usage_type="VOICE", attr_zone="", quantity=quantity,
        event_start=start, event_end=end, **more,
    )  # fmt: skip
    return f"{common},{call},{number},{last}"


def send(company: Company, *rows: str, **more: Any) -> UsageFile:
    more.setdefault("received_at", RECEIVED)
    header = f"{HEADER},attr.call,attr.part,attr.last"
    content = "\n".join([header, *rows, ""]).encode()
    name = f"{abs(hash(content))}.csv"
    with TestCase.captureOnCommitCallbacks(execute=True):
        return operations.load_file(source=company.source, filename=name, content=content, **more)


def told() -> list[tuple[str, Decimal, Decimal | None]]:
    return [
        (one.event_key, one.quantity, one.amount_exact)
        for one in Usage.objects.order_by("event_key")
    ]


def states() -> list[tuple[str, str]]:
    return sorted(SuspenseItem.objects.values_list("fields__event_key", "state"))


def test_parts_are_one_call(parted: Company) -> None:
    file = send(parted, part(ONE), part(TWO))
    assert told() == [("c1-1", D(120), D("0.15"))]
    event = Usage.objects.get()
    assert (event.event_start.minute, event.event_end.minute) == (0, 2)
    assert event.attributes == {"call": "c1", "last": ""} or event.attributes == {"call": "c1"}
    assert counts(file) == (2, 0, 0, 2)
    assert states() == [("c1-1", "RECYCLED"), ("c1-2", "MERGED")]
    assert [line[3:] for line in sums()] == [(D(120), 1, D("0.15"))]
    assert findings() == []
    assert rerate_may().changed == 0


THREE: tuple[Piece, ...] = (
    ("1", "61", "2027-05-03T10:00:00Z", "2027-05-03T10:01:01Z", ""),
    ("2", "30", "2027-05-03T10:01:01Z", "2027-05-03T10:01:31Z", ""),
    ("3", "29", "2027-05-03T10:01:31Z", "2027-05-03T10:02:00Z", "yes"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_makes_no_difference(parted: Company, order: tuple[int, ...]) -> None:
    for number in order:
        assert told() == []
        send(parted, part(THREE[number]), received_at=SOON)
    assert told() == [("c1-1", D(120), D("0.15"))]
    assert findings() == []


def test_a_part_that_comes_late_amends_the_call(parted: Company) -> None:
    """After a day the first part counts alone, 2 minutes; with the late part it is 2 minutes too,
    and with 61 s more it is 4."""
    send(parted, part(ONE))
    assert tasks.merge_parts(SOON) == {"sessions": 0, "late": 0, "waiting": 1}
    assert tasks.merge_parts(LATER) == {"sessions": 1, "late": 0, "waiting": 0}
    assert told() == [("c1-1", D(61), D("0.15"))]
    send(parted, part(TWO), received_at=LATER)
    assert told() == [("c1-1", D(120), D("0.15"))]
    third: Piece = ("3", "61", "2027-05-03T10:02:00Z", "2027-05-03T10:03:01Z", "")
    send(parted, part(third), received_at=LATER)
    assert told() == [("c1-1", D(181), D("0.3"))]
    event = Usage.objects.get()
    assert (event.event_start.minute, event.event_end.minute) == (0, 3)
    assert event.received_at == LATER
    assert [state for _, state in states()].count("MERGED") == 2
    assert findings() == []
    assert rerate_may().changed == 0
    assert tasks.merge_parts(LATER) == {"sessions": 0, "late": 0, "waiting": 0}


def test_a_late_part_whose_call_was_cancelled_waits(parted: Company) -> None:
    send(parted, part(ONE))
    operations.merge_parts(as_of=LATER)
    event = Usage.objects.get()
    operations.cancel_event(
        account_id=event.account_id, event_id=event.id, reason="test call", as_of=LATER
    )
    send(parted, part(TWO), received_at=LATER)
    item = SuspenseItem.objects.get(state="OPEN")
    assert (item.reason, item.message) == (
        "PARTIAL", "the event of its session counts no more",
    )  # fmt: skip
    assert told() == []
    assert findings() == []


def test_the_same_part_again_is_a_duplicate_or_a_conflict(parted: Company) -> None:
    send(parted, part(ONE))
    again = send(parted, part(ONE), part(ONE, key="other"))
    assert counts(again) == (2, 0, 1, 1)
    send(parted, part(TWO))
    assert told() == [("c1-1", D(120), D("0.15"))]
    item = SuspenseItem.objects.get(state="OPEN")
    assert (item.reason, item.fields["event_key"]) == ("DUP_CONFLICT", "other")
    assert findings() == []


def test_sessions_are_told_apart(parted: Company) -> None:
    """By session, identifier and usage type; a row of no session is an event of its own."""
    open_line(parted, "4916", name="Student")
    send(
        parted,
        part(ONE), part(TWO, call="c2"), part(TWO, identifier="4916", key="x"),
        f"{row('plain', usage_type='VOICE', attr_zone='', quantity='60')},c9,,",
    )  # fmt: skip
    assert told() == [("plain", D(60), D("0.08"))]
    send(parted, part(TWO))
    assert [key for key, _, _ in told()] == ["c1-1", "plain"]


def test_a_call_of_nobody_waits_whole_and_is_recycled_whole(parted: Company) -> None:
    send(parted, part(ONE, identifier="4999"), part(TWO, identifier="4999"))
    item = SuspenseItem.objects.get(state="OPEN")
    assert (item.reason, item.quantity) == ("NO_OWNER", D(120))
    operations.recycle(item_ids=[item.pk], corrections={"identifier": "4915"}, as_of=SOON)
    assert told() == [("c1-1", D(120), D("0.15"))]
    assert findings() == []


def test_a_late_part_of_a_call_of_nobody_waits_with_it(parted: Company) -> None:
    send(parted, part(ONE, identifier="4999"))
    operations.merge_parts(as_of=LATER)
    send(parted, part(TWO, identifier="4999"), received_at=LATER)
    item = SuspenseItem.objects.get(state="OPEN")
    assert (item.reason, item.corrections["quantity"]) == ("NO_OWNER", "120")
    operations.recycle(item_ids=[item.pk], corrections={"identifier": "4915"}, as_of=LATER)
    assert told() == [("c1-1", D(120), D("0.15"))]
    assert findings() == []


def test_a_part_that_may_be_given_up_is_left_alone(parted: Company) -> None:
    clerk = person("clerk", "rating.recycle_suspense")
    send(parted, part(ONE))
    asked = operations.request_write_off(
        item_ids=[SuspenseItem.objects.get().pk], reason="test call", as_of=SOON, requester=clerk
    )
    send(parted, part(TWO))
    assert told() == []
    operations.withdraw_write_off(write_off=asked, actor=clerk)
    operations.merge_parts(as_of=SOON)
    assert told() == [("c1-1", D(120), D("0.15"))]


def test_what_is_no_number_of_a_part_is_refused(parted: Company) -> None:
    send(parted, part(("x", "61", ONE[2], ONE[3], "")))
    item = SuspenseItem.objects.get()
    assert (item.reason, item.column) == ("BAD_ATTRIBUTE", "attr.part")
    operations.recycle(item_ids=[item.pk], corrections={"attr.part": "1"}, as_of=SOON)
    send(parted, part(TWO))
    assert told() == [("c1-x", D(120), D("0.15"))]


def test_a_part_recycled_by_hand_waits_on(parted: Company) -> None:
    send(parted, part(ONE))
    item = SuspenseItem.objects.get()
    done = operations.recycle(item_ids=[item.pk], as_of=SOON)
    assert (done.still_open, told()) == (1, [])


def test_machines_send_parts(parted: Company) -> None:
    rows = []
    for number, quantity, start, end, last in (TWO, ONE):
        rows.append(
            {"event_key": f"k{number}", "usage_type": "VOICE", "identifier_type": "MSISDN",
             "identifier": "4915", "event_start": start, "event_end": end, "quantity": quantity,
             "attr.call": "c1", "attr.part": number, "attr.last": last}
        )  # fmt: skip
    with TestCase.captureOnCommitCallbacks(execute=True):
        _, results = operations.load_events(
            source=parted.source, rows=rows, request_id="one", received_at=RECEIVED
        )
    assert [one.reason for one in results] == ["PARTIAL", "PARTIAL"]
    assert told() == [("k1", D(120), D("0.15"))]
    assert findings() == []


def test_what_a_load_that_died_left_is_merged_by_the_clock(parted: Company) -> None:
    with mock.patch.object(loading, "merge_parts", side_effect=OSError):
        assert counts(send(parted, part(ONE), part(TWO))) == (2, 0, 0, 2)
    assert told() == []
    call_command("merge_parts", "--as-of", "2027-05-31")
    assert told() == [("c1-1", D(120), D("0.15"))]
    assert findings() == []


def test_a_source_of_whole_events_looks_at_no_parts(company: Company) -> None:
    send(company, part(ONE), part(TWO))
    assert [key for key, _, _ in told()] == ["c1-1", "c1-2"]


def test_a_source_is_made_with_its_parts(company: Company) -> None:
    made = operations.define_source(
        code="PGW",
        name="Gateway",
        session_attribute="call",
        sequence_attribute="part",
        last_attribute="last",
        session_hours=6,
    )
    assert (made.part_terms, made.session_hours) == (PartTerms("call", "part", "last"), 6)


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE rating_usagesource SET session_attribute = ''",
         "rating_usagesource_parts_are_named"),
        ("UPDATE rating_suspenseitem SET merged_into_id = id WHERE state = 'OPEN'",
         "rating_suspenseitem_merged_into_one"),
        ("UPDATE rating_suspenseitem SET state = 'MERGED', resolved_at = now() WHERE id > 0",
         "rating_suspenseitem_merged_into_one"),
    ],
)  # fmt: skip
def test_parts_that_cannot_be(parted: Company, statement: str, guard: str) -> None:
    send(parted, part(ONE))
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    diagnosis = getattr(refusal.value.__cause__, "diag", None)
    assert diagnosis is not None
    assert diagnosis.constraint_name == guard
