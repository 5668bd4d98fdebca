"""RATE-2: rated again once a second person has seen before and after, by account and currency."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

import audit.operations
from audit.models import ApprovalRequest
from customers.models import ChargeSegment, ServiceIdentifier
from foundation import clock
from foundation.errors import Forbidden, Invalid
from rating import operations
from rating.models import RerateJob, UsageAggregate
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    decider,
    load,
    open_line,
    person,
    row,
    sums,
)

pytestmark = pytest.mark.django_db
LATER = RECEIVED + timedelta(days=1)
D = Decimal
VIEW = ("rating.view_reratejob", "customers.view_account")


@pytest.fixture
def maker() -> User:
    return person("maker", "rating.rate_usage", *VIEW)


@pytest.fixture
def checker() -> User:
    return decider("checker", "rating.approve_rerate", *VIEW)


@pytest.fixture
def moved(company: Company) -> Company:
    """Number 4915 was the Student's from 10 May on: one event of two goes over."""
    load(
        company,
        row("a", event_start="2027-05-03T10:00:00Z", quantity="500"),
        row("b", event_start="2027-05-20T10:00:00Z", quantity="700"),
    )
    open_line(company, "4998", date(2027, 5, 10), name="Student")
    first = ServiceIdentifier.objects.get(value="4915")
    second = ServiceIdentifier.objects.get(value="4998")
    first.valid = (first.valid.lower, second.valid.lower)
    first.save()
    second.value = "4915"
    second.save()
    return company


def open_may(actor: User | None = None, **more: Any) -> RerateJob:
    return operations.open_rerate(
        start=date(2027, 5, 1), end=date(2027, 6, 1), reason="owner corrected", as_of=LATER,
        actor=actor, **more,
    )  # fmt: skip


def told(job: RerateJob) -> list[tuple[Any, ...]]:
    return [
        (one.currency, one.events_before, one.events_after, one.worth_before, one.worth_after)
        for one in job.changes.order_by("account_id")
    ]


def test_a_job_shows_before_and_after_and_changes_nothing(moved: Company) -> None:
    """RATE-2: 700 MB · 0.01 go from the Household (12.00) to the Student (7.00)."""
    before = sums()
    job = open_may()
    assert told(job) == [("EUR", 2, 1, D(12), D(5)), ("EUR", 0, 1, D(0), D(7))]
    assert (job.event_count, job.changed_count, job.suspended_count) == (2, 1, 0)
    assert sums() == before


def test_an_approved_job_does_what_was_shown(moved: Company, maker: User, checker: User) -> None:
    job = operations.request_rerate(job=open_may(maker), requester=maker)
    with pytest.raises(Forbidden):
        operations.approve_rerate(job=job, approver=maker, as_of=LATER)
    done = operations.approve_rerate(job=job, approver=checker, as_of=LATER)
    assert done.changed == 1
    job.refresh_from_db()
    assert (job.state, job.requested_by, job.decided_by) == ("DONE", maker, checker)
    assert [(one[0], one[3]) for one in sums()] == [("Household", D(500)), ("Student", D(700))]
    assert open_may().changes.count() == 0
    with pytest.raises(operations.CannotRerate, match="does not wait"):
        operations.approve_rerate(job=job, approver=checker, as_of=LATER)


def test_nobody_approves_a_job_of_their_own(moved: Company) -> None:
    both = person("both", "rating.rate_usage", "rating.approve_rerate", "audit.approve_request")
    job = operations.request_rerate(job=open_may(both), requester=both)
    with pytest.raises(audit.operations.CannotDecide):
        operations.approve_rerate(job=job, approver=both, as_of=LATER)
    assert {one[0] for one in sums()} == {"Household"}


def test_what_has_changed_since_is_not_what_was_approved(
    moved: Company, maker: User, checker: User
) -> None:
    job = operations.request_rerate(job=open_may(maker), requester=maker)
    load(moved, row("c", event_start="2027-05-04T10:00:00Z", quantity="10"), name="late.csv")
    with pytest.raises(operations.CannotRerate, match="have changed since"):
        operations.approve_rerate(job=job, approver=checker, as_of=LATER)
    assert ApprovalRequest.objects.get().state == "PENDING"
    assert [one[3] for one in sums()] == [D(500), D(10), D(700)]
    operations.reject_rerate(job=job, approver=checker, comment="open it again")
    job.refresh_from_db()
    assert job.state == "REJECTED"


def test_usage_that_goes_to_another_charge_shows(company: Company) -> None:
    """The account keeps its events; their worth is another: a price by event was corrected."""
    load(company, row("a", usage_type="VOICE", attr_zone="", quantity="60"))
    own = ChargeSegment.objects.get(subscription_charge__charge=company.calls)
    own.override_price = D("0.01")
    own.save()
    assert told(open_may()) == [("EUR", 1, 1, D("0.08"), D("0.60"))]


def test_the_scope_is_who_used_the_charge(moved: Company) -> None:
    open_line(moved, "4916", name="Talker")
    load(
        moved,
        row("v", usage_type="VOICE", attr_zone="", identifier="4916", quantity="60"),
        name="voice.csv",
    )
    calls = open_may(charge=moved.calls)
    assert (calls.account_ids, calls.event_count) == ([moved.accounts["Talker"].pk], 1)
    assert open_may(product=moved.data.product).event_count == 3
    with pytest.raises(Invalid, match="no usage"):
        open_may(charge=moved.calls, account_ids=[moved.accounts["Student"].pk])
    with pytest.raises(Invalid, match="use the command rerate"):
        open_may(most_events=2)


def test_a_job_that_changes_nothing_is_not_sent(
    company: Company, maker: User, client: Client
) -> None:
    """It is over with the comparison: neither the page nor the operation sends it."""
    load(company, row("a"))
    client.force_login(maker)
    given = {"start": "2027-05-01", "last": "2027-05-31", "accounts": "", "reason": "to see"}
    shown = client.post(reverse("rating:new_rerate"), given, follow=True).content.decode()
    assert "would change nothing" in shown
    assert "Unchanged" in shown
    assert "Send for approval" not in shown
    job = RerateJob.objects.get()
    assert job.state == "UNCHANGED"
    with pytest.raises(operations.CannotRerate, match="nothing"):
        operations.request_rerate(job=job, requester=maker)


def test_from_the_page_to_the_deed(
    moved: Company, maker: User, checker: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    client.force_login(maker)
    given = {"start": "2027-05-01", "last": "2027-05-31", "charge": moved.data.pk,
             "accounts": "", "reason": "owner corrected"}  # fmt: skip
    assert (
        "There is no account"
        in client.post(
            reverse("rating:new_rerate"), {**given, "accounts": "NO-1"}
        ).content.decode()
    )
    shown = client.post(reverse("rating:new_rerate"), given, follow=True).content.decode()
    job = RerateJob.objects.get()
    assert "12.00" in shown
    assert "Send for approval" in shown
    assert "Approve and rate again" not in shown
    client.post(reverse("rating:request_rerate", args=[job.pk]))
    client.force_login(checker)
    page = client.get(reverse("rating:rerate", args=[job.pk])).content.decode()
    assert "Approve and rate again" in page
    assert "1 account that used" in page
    reject = client.get(reverse("rating:reject_rerate", args=[job.pk])).content.decode()
    assert reverse("rating:rerate", args=[job.pk]) in reject, "the way back to the job"
    done = client.post(reverse("rating:approve_rerate", args=[job.pk]), follow=True)
    assert "1 events come out otherwise" in done.content.decode()
    assert UsageAggregate.objects.count() == 2
    assert client.get(reverse("rating:rerates") + "?state=DONE").status_code == 200


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("state = 'LOST'", "rating_reratejob_state_known"),
        ('"end" = start', "rating_reratejob_days_begin"),
        ("state = 'UNCHANGED'", "rating_reratejob_unchanged_has_no_change"),
        ("state = 'DONE'", "rating_reratejob_done_is_dated"),
        ("decided_by_id = requested_by_id", "rating_reratejob_needs_two"),
    ],
)
def test_jobs_that_cannot_be(moved: Company, maker: User, change: str, guard: str) -> None:
    open_may(maker)
    _refused(f"UPDATE rating_reratejob SET {change}", guard)


def test_an_account_changes_once_in_a_job(moved: Company) -> None:
    open_may()
    _refused(
        "INSERT INTO rating_reratechange (job_id, account_id, currency, events_before,"
        " events_after, worth_before, worth_after) SELECT job_id, account_id, 'EUR', 1, 1, 1, 1"
        " FROM rating_reratechange",
        "rating_reratechange_account_once",
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
