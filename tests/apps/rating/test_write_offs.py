"""Suspended usage is given up by two people, never rated after, and taken back (RATE step 9)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

import audit.operations
from audit.models import ApprovalPolicy, ApprovalRequest, BusinessEvent
from foundation import clock
from foundation.errors import Forbidden, Invalid
from rating import operations, queries
from rating.models import SuspenseItem, SuspenseWriteOff
from rating.operations.suspending import CannotRecycle
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    counts,
    decider,
    load,
    person,
    row,
    stored_events,
)
from tests.apps.rating.test_api import post
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=1)
D = Decimal
VIEW = ("rating.view_suspenseitem", "rating.view_suspensewriteoff")


@pytest.fixture
def maker() -> User:
    return person("maker", "rating.recycle_suspense", *VIEW)


@pytest.fixture
def checker() -> User:
    return decider("checker", "rating.write_off_usage", *VIEW)


@pytest.fixture
def waiting(company: Company) -> Company:
    """Two rows of nobody, 7 MB and 3 MB, and one that cannot be read."""
    load(
        company,
        row("a", identifier="4999", quantity="7"),
        row("b", identifier="4998", quantity="3"),
        row("c", quantity="x"),
    )
    return company


def ids(*keys: str) -> list[int]:
    rows = SuspenseItem.objects.filter(fields__event_key__in=keys)
    return list(rows.values_list("pk", flat=True))


def ask(maker: User, *keys: str) -> SuspenseWriteOff:
    return operations.request_write_off(
        item_ids=ids(*keys), reason="test traffic", as_of=LATER, requester=maker
    )


def done(maker: User, checker: User, *keys: str) -> SuspenseWriteOff:
    return operations.approve_write_off(write_off=ask(maker, *keys), approver=checker, as_of=LATER)


def states() -> list[str]:
    rows = SuspenseItem.objects.order_by("fields__event_key")
    return list(rows.values_list("state", flat=True))


def test_two_people_give_rows_up(waiting: Company, maker: User, checker: User) -> None:
    """7 MB · 0.01 and 3 MB · 0.01 are 0.10 EUR; the approval names them."""
    asked = ask(maker, "a", "b")
    payload = ApprovalRequest.objects.get().payload
    assert (payload["rows"], payload["worth"], payload["without_value"]) == (2, {"EUR": "0.1"}, 0)
    assert states() == ["OPEN", "OPEN", "OPEN"]
    operations.approve_write_off(write_off=asked, approver=checker, as_of=LATER)
    asked.refresh_from_db()
    assert (asked.state, asked.requested_by, asked.decided_by) == ("DONE", maker, checker)
    assert states() == ["WRITTEN_OFF", "WRITTEN_OFF", "OPEN"]
    item = SuspenseItem.objects.get(pk=ids("a")[0])
    assert (item.resolution, item.resolved_by) == ("test traffic", checker)
    assert BusinessEvent.objects.filter(topic="usage.written_off").count() == 2
    assert queries.suspense_worth() == []
    assert findings() == []


def test_a_row_written_off_is_never_rated(waiting: Company, maker: User, checker: User) -> None:
    done(maker, checker, "a")
    with pytest.raises(CannotRecycle):
        operations.recycle(
            item_ids=ids("a"), corrections={"identifier": "4915"}, as_of=LATER, actor=maker
        )
    with pytest.raises(CannotRecycle):
        ask(maker, "a")
    again = load(waiting, row("a", identifier="4999", quantity="7"), name="again.csv")
    assert counts(again) == (1, 0, 1, 0)
    assert stored_events() == 0


def test_nobody_approves_a_write_off_of_their_own(waiting: Company) -> None:
    both = person(
        "both", "rating.recycle_suspense", "rating.write_off_usage", "audit.approve_request"
    )
    asked = ask(both, "a")
    with pytest.raises(audit.operations.CannotDecide):
        operations.approve_write_off(write_off=asked, approver=both, as_of=LATER)
    assert states() == ["OPEN", "OPEN", "OPEN"]


def test_rows_that_wait_for_the_answer_are_left_alone(
    waiting: Company, maker: User, checker: User, client: Client
) -> None:
    client.force_login(maker)
    asked = ask(maker, "a", "b")
    with pytest.raises(CannotRecycle, match="wait for the approval"):
        operations.recycle(item_ids=ids("b", "c"), as_of=LATER, actor=maker)
    with pytest.raises(CannotRecycle, match="wait for the approval"):
        ask(maker, "b")
    shown = client.get(reverse("rating:suspense_rows")).content.decode()
    assert shown.count("Waits for the approval of its write-off") == 2
    with pytest.raises(SystemExit):  # the third row still waits
        call_command("recycle_suspense", "--as-of", "2027-06-01")
    assert states() == ["OPEN", "OPEN", "OPEN"]
    operations.withdraw_write_off(write_off=asked, actor=maker)
    assert ApprovalRequest.objects.get().state == "WITHDRAWN"
    operations.recycle(
        item_ids=ids("b"), corrections={"identifier": "4915"}, as_of=LATER, actor=maker
    )
    assert states() == ["OPEN", "RECYCLED", "OPEN"]
    with pytest.raises(operations.CannotWriteOff, match="does not wait"):
        operations.approve_write_off(write_off=asked, approver=checker, as_of=LATER)


def test_what_is_worth_something_else_is_not_what_was_asked(
    waiting: Company, maker: User, checker: User
) -> None:
    asked = ask(maker, "a", "b")
    SuspenseItem.objects.filter(pk__in=ids("a")).update(worth=D(500))
    with pytest.raises(audit.operations.PayloadChanged):
        operations.approve_write_off(write_off=asked, approver=checker, as_of=LATER)
    assert states() == ["OPEN", "OPEN", "OPEN"]
    operations.reject_write_off(write_off=asked, approver=checker, comment="look again")
    asked.refresh_from_db()
    assert asked.state == "REJECTED"
    assert ask(maker, "a", "b").state == "PENDING"


def test_little_is_given_up_alone_within_the_limit(waiting: Company, maker: User) -> None:
    ApprovalPolicy.objects.create(
        action="rating.write_off_usage", currency="EUR", free_up_to=D("0.10")
    )
    assert ask(maker, "a").state == "DONE"
    assert ask(maker, "c").state == "PENDING"  # nobody knows what it is worth
    assert ask(maker, "b").state == "DONE"
    assert states() == ["WRITTEN_OFF", "WRITTEN_OFF", "OPEN"]


def test_a_write_off_is_reversed_and_its_rows_bill_only_when_recycled(
    waiting: Company, maker: User, checker: User
) -> None:
    given_up = done(maker, checker, "a", "b")
    with pytest.raises(Invalid):
        operations.reverse_write_off(write_off=given_up, reason=" ", as_of=LATER, actor=checker)
    with pytest.raises(Forbidden):
        operations.reverse_write_off(
            write_off=given_up, reason="owner found", as_of=LATER, actor=maker
        )
    operations.reverse_write_off(
        write_off=given_up, reason="owner found", as_of=LATER, actor=checker
    )
    assert states() == ["OPEN", "OPEN", "OPEN"]
    assert (stored_events(), findings()) == (0, [])
    with pytest.raises(operations.CannotWriteOff):
        operations.reverse_write_off(
            write_off=given_up, reason="owner found", as_of=LATER, actor=checker
        )
    operations.recycle(
        item_ids=ids("a"), corrections={"identifier": "4915"}, as_of=LATER, actor=maker
    )
    assert done(maker, checker, "b").state == "DONE"
    assert states() == ["RECYCLED", "WRITTEN_OFF", "OPEN"]
    assert BusinessEvent.objects.filter(topic="usage.write_off_reversed").count() == 2
    assert findings() == []


def test_who_may_do_what(waiting: Company, maker: User, checker: User) -> None:
    with pytest.raises(Forbidden):
        ask(checker, "a")
    asked = ask(maker, "a")
    with pytest.raises(Forbidden):
        operations.approve_write_off(write_off=asked, approver=maker, as_of=LATER)
    with pytest.raises(Forbidden):
        operations.reject_write_off(write_off=asked, approver=maker, comment="no")
    with pytest.raises(Forbidden):
        operations.withdraw_write_off(write_off=asked, actor=checker)
    with pytest.raises(Invalid):
        operations.request_write_off(item_ids=ids("b"), reason=" ", as_of=LATER, requester=maker)


def test_from_the_workbench_to_the_reversal(
    waiting: Company, maker: User, checker: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    client.force_login(maker)
    given = {"item": ids("a", "b"), "verb": "write_off", "reason": "test traffic"}
    shown = client.post(reverse("rating:suspense_work"), given, follow=True).content.decode()
    assert "wait for a second person" in shown
    row_ = SuspenseWriteOff.objects.get()
    page = reverse("rating:write_off", args=[row_.pk])
    assert "Approve and write off" not in client.get(page).content.decode()
    client.force_login(checker)
    assert "Approve and write off" in client.get(page).content.decode()
    assert "0.10" in client.get(page).content.decode()
    answer = client.post(reverse("rating:approve_write_off", args=[row_.pk]), follow=True)
    assert "never rated" in answer.content.decode()
    assert states() == ["WRITTEN_OFF", "WRITTEN_OFF", "OPEN"]
    item = client.get(reverse("rating:suspense_item", args=ids("a"))).content.decode()
    assert page in item
    assert (
        "test traffic" in client.get(reverse("rating:write_offs") + "?state=DONE").content.decode()
    )
    answer = client.post(
        reverse("rating:reverse_write_off", args=[row_.pk]), {"reason": "owner found"}, follow=True
    )
    assert "wait in suspense again" in answer.content.decode()
    client.force_login(maker)
    client.post(reverse("rating:suspense_work"), given)
    second = SuspenseWriteOff.objects.latest("pk")
    client.post(reverse("rating:withdraw_write_off", args=[second.pk]))
    client.post(reverse("rating:suspense_work"), given)
    third = SuspenseWriteOff.objects.latest("pk")
    client.force_login(checker)
    client.post(reverse("rating:reject_write_off", args=[third.pk]), {"comment": "no"})
    assert list(SuspenseWriteOff.objects.order_by("pk").values_list("state", flat=True)) == [
        "REVERSED", "WITHDRAWN", "REJECTED",
    ]  # fmt: skip


def test_machines_ask_and_decide(
    waiting: Company, maker: User, checker: User, client: Client
) -> None:
    client.force_login(maker)
    body: dict[str, Any] = {"item_ids": ids("a"), "reason": "test traffic"}
    asked = post(client, "/api/v1/suspense/write-off/", body)
    assert asked.status_code == 201
    mine = f"/api/v1/usage-write-offs/{asked.json()['id']}/"
    assert post(client, f"{mine}approve/", {}).status_code == 403
    assert post(client, f"{mine}withdraw/", {}).json()["state"] == "WITHDRAWN"
    second = post(client, "/api/v1/suspense/write-off/", body).json()
    third = post(client, "/api/v1/suspense/write-off/", {**body, "item_ids": ids("b")}).json()
    client.force_login(checker)
    url = "/api/v1/usage-write-offs/"
    answer = post(client, f"{url}{second['id']}/approve/", {"comment": "seen"}).json()
    assert (answer["state"], answer["decided_by"]) == ("DONE", "checker")
    assert post(client, f"{url}{second['id']}/approve/", {}).status_code == 409
    no = post(client, f"{url}{third['id']}/reject/", {"reason": "look again"})
    assert no.json()["state"] == "REJECTED"
    back = post(client, f"{url}{second['id']}/reverse/", {"reason": "owner found"})
    assert (back.json()["state"], back.json()["reversed_by"]) == ("REVERSED", "checker")
    assert [one["id"] for one in client.get(url, {"state": "REVERSED"}).json()["results"]] == [
        second["id"]
    ]
    assert client.get(url, {"sort": "id"}).status_code == 400
    assert client.get(f"{url}{second['id']}/").json()["row_count"] == 1


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("state = 'LOST'", "rating_suspensewriteoff_state_known"),
        ("decided_by_id = requested_by_id", "rating_suspensewriteoff_needs_two"),
        ("state = 'DONE'", "rating_suspensewriteoff_done_is_dated"),
        ("reversed_at = now()", "rating_suspensewriteoff_reversed_says_why"),
        ("reason = 'another'", "rating_suspensewriteoff_kept"),
        ("row_count = 9", "rating_suspensewriteoff_kept"),
        ("state = 'REVERSED', done_at = now(), reversed_at = now(), reversal_reason = 'x'",
         "rating_suspensewriteoff_kept"),
    ],
)  # fmt: skip
def test_write_offs_that_cannot_be(waiting: Company, maker: User, change: str, guard: str) -> None:
    ask(maker, "a")
    _refused(f"UPDATE rating_suspensewriteoff SET {change}", guard)


def test_a_write_off_says_why_and_stays(waiting: Company, maker: User, checker: User) -> None:
    _refused(
        "INSERT INTO rating_suspensewriteoff (reason, state, row_count, requested_by_id,"
        f" reversal_reason) VALUES ('', 'PENDING', 1, {maker.pk}, '')",
        "rating_suspensewriteoff_says_why",
    )
    done(maker, checker, "a")
    _refused("DELETE FROM rating_suspensewriteoff", "rating_suspensewriteoff_kept")
    _refused(
        "UPDATE rating_suspensewriteoff SET state = 'PENDING', done_at = NULL",
        "rating_suspensewriteoff_kept",
    )


@pytest.mark.parametrize(
    "change",
    [
        "state = 'WRITTEN_OFF', resolved_at = now(), resolution = 'mine'",
        "state = 'RECYCLED', resolved_at = now()",
        "write_off_id = NULL",
    ],
)
def test_a_row_that_waits_for_the_answer_cannot_be_ended(
    waiting: Company, maker: User, change: str
) -> None:
    ask(maker, "a")
    _refused(
        f"UPDATE rating_suspenseitem SET {change} WHERE write_off_id IS NOT NULL",
        "rating_suspenseitem_write_off_approved",
    )


def test_a_row_is_given_up_and_opened_only_with_its_write_off(
    waiting: Company, maker: User, checker: User
) -> None:
    asked = ask(maker, "a")
    operations.withdraw_write_off(write_off=asked, actor=maker)
    _refused(
        "UPDATE rating_suspenseitem SET state = 'WRITTEN_OFF', resolved_at = now(),"
        " resolution = 'mine' WHERE write_off_id IS NOT NULL",
        "rating_suspenseitem_write_off_approved",
    )
    done(maker, checker, "a")
    _refused(
        "UPDATE rating_suspenseitem SET state = 'OPEN', resolved_at = NULL"
        " WHERE state = 'WRITTEN_OFF'",
        "rating_suspenseitem_write_off_approved",
    )
    _refused(
        "UPDATE rating_suspenseitem SET state = 'RECYCLED' WHERE state = 'WRITTEN_OFF'",
        "rating_suspenseitem_final",
    )


def _refused(statement: str, guard: str) -> None:
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    diagnosis = getattr(refusal.value.__cause__, "diag", None)
    assert diagnosis is not None
    assert diagnosis.constraint_name == guard
