"""Machines rate usage again and correct events as people do: with reasons, and by two of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from foundation import clock
from rating.models import RerateJob, SuspenseItem, Usage
from tests.apps.rating.company import RECEIVED, Company, load, person, row, sums
from tests.apps.rating.test_api import EVENTS, post
from tests.apps.rating.test_loading import findings
from tests.apps.rating.test_rerate_jobs import moved

__all__ = ["moved"]
pytestmark = pytest.mark.django_db
RERATES = "/api/v1/rerates/"
MAY = {"start": "2027-05-01", "end": "2027-06-01", "reason": "owner corrected"}
VIEW = ("rating.view_reratejob", "rating.view_usageevent")


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: RECEIVED + timedelta(days=1))


@pytest.fixture
def maker() -> User:
    return person("maker", "rating.rate_usage", "rating.recycle_suspense", *VIEW)


@pytest.fixture
def checker() -> User:
    return person(
        "checker", "rating.approve_rerate", "audit.approve_request", "rating.write_off_usage",
        *VIEW,
    )  # fmt: skip


def test_a_job_is_compared_sent_and_performed_by_another(
    moved: Company, maker: User, checker: User, client: Client
) -> None:
    """RATE-2: 700 MB · 0.01 go from the Household (12.00) to the Student (7.00)."""
    client.force_login(maker)
    answer = post(client, RERATES, MAY, key="one-and-the-same")
    assert answer.status_code == 201
    job = answer.json()
    assert [
        (one["events_before"], one["events_after"], one["worth_before"], one["worth_after"])
        for one in sorted(job["changes"], key=lambda one: one["account_id"])
    ] == [
        (2, 1, "12.0000000000", "5.0000000000"), (0, 1, "0.0000000000", "7.0000000000"),
    ]  # fmt: skip
    assert (job["state"], job["requested_by"], len(sums())) == ("DRAFT", "maker", 2)
    again = post(client, RERATES, MAY, key="one-and-the-same")
    assert (again.json(), RerateJob.objects.count()) == (job, 1)
    one = f"{RERATES}{job['id']}/"
    assert post(client, f"{one}send/", {}).json()["state"] == "PENDING"
    assert post(client, f"{one}approve/", {}).status_code == 403
    client.force_login(checker)
    done = post(client, f"{one}approve/", {"comment": "seen"}).json()
    assert (done["state"], done["decided_by"]) == ("DONE", "checker")
    assert {line[0] for line in sums()} == {"Household", "Student"}
    problem = post(client, f"{one}approve/", {})
    assert (problem.status_code, problem.json()["rule"]) == (409, "RATE-2")
    assert [x["id"] for x in client.get(RERATES, {"state": "DONE"}).json()["results"]] == [
        job["id"]
    ]
    assert client.get(one).json()["changes"] == done["changes"]


def test_a_job_is_rejected_with_a_reason(
    moved: Company, maker: User, checker: User, client: Client
) -> None:
    client.force_login(maker)
    body = {**MAY, "charge": moved.data.reference, "product": moved.data.product.code,
            "accounts": [moved.accounts["Household"].number]}  # fmt: skip
    job = post(client, RERATES, body).json()
    assert (job["charge"], job["product"]) == (moved.data.reference, moved.data.product.code)
    one = f"{RERATES}{job['id']}/"
    post(client, f"{one}send/", {})
    client.force_login(checker)
    assert post(client, f"{one}reject/", {}).status_code == 400
    assert post(client, f"{one}reject/", {"reason": "not now"}).json()["state"] == "REJECTED"
    assert {line[0] for line in sums()} == {"Household"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"end": "2027-05-01"}, 422),
        ({"accounts": ["NOBODY"]}, 422),
        ({"accounts": []}, 422),
        ({"charge": "MOBILE/1/NONE"}, 422),
        ({"product": "NONE"}, 422),
        ({"reason": ""}, 400),
        ({"start": "1.5.2027"}, 400),
        ({"all": True}, 400),
    ],
)
def test_what_is_no_job_is_refused(
    moved: Company, maker: User, client: Client, change: dict[str, Any], status: int
) -> None:
    client.force_login(maker)
    answer = post(client, RERATES, {**MAY, **change})
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert not RerateJob.objects.exists()


def test_an_event_is_amended_and_cancelled(
    company: Company, maker: User, checker: User, client: Client
) -> None:
    load(company, row("a", quantity="5"), row("b", quantity="1"))
    named = {
        one.event_key: {"account_id": one.account_id, "event_id": one.id, "reason": "wrong meter"}
        for one in Usage.objects.all()
    }
    client.force_login(maker)
    wrong = {**named["a"], "corrections": {"quantity": "x"}}
    assert post(client, f"{EVENTS}amend/", wrong).status_code == 409
    assert post(client, f"{EVENTS}amend/", {**named["a"], "corrections": {}}).status_code == 400
    body = {**named["a"], "corrections": {"quantity": "6"}}
    answer = post(client, f"{EVENTS}amend/", body)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["corrections"]) == (
        "RECYCLED", {"quantity": "6"},
    )  # fmt: skip
    assert post(client, f"{EVENTS}cancel/", named["b"]).status_code == 403
    client.force_login(checker)
    assert post(client, f"{EVENTS}cancel/", named["b"]).json()["state"] == "WRITTEN_OFF"
    assert post(client, f"{EVENTS}cancel/", named["b"]).status_code == 409
    assert [line[3] for line in sums()] == [6]
    assert SuspenseItem.objects.count() == 2
    assert findings() == []


def test_who_may_do_what(moved: Company, client: Client) -> None:
    client.force_login(person("viewer", *VIEW))
    assert client.get(RERATES).status_code == 200
    assert client.get(RERATES, {"sort": "id"}).status_code == 400
    for url, body in (
        (RERATES, MAY),
        (f"{RERATES}1/send/", {}),
        (f"{EVENTS}amend/", {}),
        (f"{EVENTS}cancel/", {}),
    ):
        assert post(client, url, body).status_code == 403
