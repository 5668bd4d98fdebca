"""Interim bills over the API: who has reached a limit, how far one is, billed now (UNIT-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from rest_framework.test import APIClient

from customers.models import Subscription
from foundation import clock
from invoicing import operations, tasks
from invoicing.models import BillRun, InterimBill
from invoicing.operations import interim_runs
from tests.apps.billing_site.access.books import OURS, THEIRS, two_entities
from tests.apps.invoicing.company import Company, person, use
from tests.apps.invoicing.limited import post_run, sold

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/interim-bills/"
FEB = date(2027, 2, 1)
KEYS = count()
queued: list[int] = []


@pytest.fixture(autouse=True)
def _fifth_of_january(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 5, 6, tzinfo=UTC))
    monkeypatch.setattr(clock, "today", lambda zone: date(2027, 1, 5))
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    queued.clear()


@pytest.fixture
def ada(company: Company) -> Subscription:
    (one,) = sold(company, "Ada")
    return one


@pytest.fixture
def api(db: None) -> APIClient:
    return machine("view_billrun", "start_run")


def machine(*rights: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(person(f"machine{next(KEYS)}", *rights))
    return client


def ask(client: APIClient, number: str, key: str = "") -> Any:
    key = key or f"interim-{next(KEYS)}"
    return client.post(ROOT, {"account": number}, format="json", HTTP_IDEMPOTENCY_KEY=key)


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_what_reached_its_limit_is_seen_and_billed_when_asked(
    api: APIClient, company: Company, ada: Subscription
) -> None:
    """140 used: 12.00 of 10.00 (UNIT-8); billed once, the run of the cycle bills rent alone."""
    number = ada.account.number
    use(ada, date(2027, 1, 3), "140")
    (one,) = api.get(f"{ROOT}reached/").json()
    assert (one["account"], one["charge"], one["has_reached"]) == (number, "PLAN/1/CALLS", True)
    assert (one["worth"], one["limit"]) == (euros("12.00"), euros("10.00"))
    assert (one["period_start"], one["period_end"]) == ("2027-01-01", "2027-02-01")
    made, again = (ask(api, number, "ask-only-once") for _ in range(2))
    assert made.status_code == again.status_code == 201, made.content
    assert made.json() == again.json()
    assert (made.json()["kind"], made.json()["bill_date"]) == ("INTERIM", "2027-01-05")
    assert ask(api, number).json()["id"] == made.json()["id"]  # the run of today
    assert api.get(f"{ROOT}reached/").json() == []  # a run holds it
    run = BillRun.objects.get()
    assert set(queued) == {run.pk}
    assert run.created_by is not None
    post_run(company, run)
    (told,) = api.get(ROOT, {"payer__number": number}).json()["results"]
    assert (told["run"], told["worth"], told["limit"]) == (run.pk, euros("12.00"), euros("10.00"))
    assert api.get(f"{ROOT}{told['id']}/").json() == told
    (left,) = api.get(f"{ROOT}limits/", {"account": number}).json()
    assert (left["worth"], left["has_reached"]) == (euros("0.00"), False)


def test_below_the_limit_it_says_how_far_it_is(
    api: APIClient, company: Company, ada: Subscription
) -> None:
    unused = ask(api, ada.account.number)
    assert (unused.status_code, "none that has one was used" in unused.json()["detail"]) == (
        409, True,
    )  # fmt: skip
    use(ada, date(2027, 1, 3), "90")
    use(ada, date(2027, 1, 5), "90")  # today counts tomorrow
    (one,) = api.get(f"{ROOT}limits/", {"account": ada.account.number}).json()
    assert (one["worth"], one["limit"], one["has_reached"]) == (
        euros("9.00"),
        euros("10.00"),
        False,
    )
    refused = ask(api, ada.account.number)
    assert refused.status_code == 409
    assert "PLAN/1/CALLS stands at 9.00 of 10.00 EUR" in refused.json()["detail"]
    assert not BillRun.objects.exists()
    assert not queued


def test_who_is_in_a_run_or_was_cancelled_today_waits(
    api: APIClient, company: Company, ada: Subscription
) -> None:
    use(ada, date(2027, 1, 3), "200")
    first = ask(api, ada.account.number).json()["id"]
    operations.continue_run(run_id=first)
    before = InterimBill.objects.get()
    tomorrow = datetime(2027, 1, 6, 6, tzinfo=UTC)
    with pytest.raises(operations.CannotStartRun, match=f"Run {first} holds"):
        operations.start_interim(payer=before.payer, as_of=tomorrow, actor=company.clerk)
    operations.cancel_run(run_id=first, actor=company.clerk, reason="not today")
    cancelled = ask(api, ada.account.number)
    assert (cancelled.status_code, "cancelled" in cancelled.json()["detail"]) == (409, True)
    run = operations.start_interim(payer=before.payer, as_of=tomorrow, actor=company.clerk)
    assert run.pk != first


def test_whoever_asked_does_not_approve_it(company: Company, ada: Subscription) -> None:
    use(ada, date(2027, 1, 3), "200")
    run = operations.start_interim(payer=ada.account, as_of=clock.now(), actor=company.boss)
    operations.continue_run(run_id=run.pk)
    with pytest.raises(operations.CannotApproveRun, match="does not approve"):
        operations.approve_run(run_id=run.pk, actor=company.boss)


def test_asked_by_two_at_once_it_is_one_run(
    company: Company, ada: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second to the lock is answered the run of the first."""
    use(ada, date(2027, 1, 3), "200")
    start = interim_runs._start

    def second(*given: Any) -> BillRun | None:
        start(*given)
        return start(*given)

    monkeypatch.setattr(interim_runs, "_start", second)
    run = operations.start_interim(payer=ada.account, as_of=clock.now(), actor=company.clerk)
    assert run == BillRun.objects.get()


def test_what_makes_no_sense_and_who_may_not_is_refused(api: APIClient, ada: Subscription) -> None:
    use(ada, date(2027, 1, 3), "200")
    for body in ({}, {"account": "NOBODY"}, {"account": 7}, {"account": "x", "more": "1"}):
        answer = api.post(ROOT, body, format="json", HTTP_IDEMPOTENCY_KEY=f"bad-{next(KEYS)}-12")
        assert answer.status_code == 400, answer.content
    for asked in ({}, {"account": "NOBODY"}):
        assert api.get(f"{ROOT}limits/", asked).json()["rule"] == "API-PARAMETER"
    viewer = machine("view_billrun")
    assert viewer.get(f"{ROOT}reached/").status_code == 200
    assert ask(viewer, ada.account.number).status_code == 403
    nobody = machine()
    for path in ("", "reached/", "limits/"):
        assert nobody.get(ROOT + path).status_code == 403
    assert not BillRun.objects.exists()


def test_of_another_entity_nothing_is_read_or_billed(db: None) -> None:
    books = two_entities()
    client = APIClient()
    client.force_authenticate(books.clerk)
    ours, theirs = books.payers[OURS], books.payers[THEIRS]
    rows = client.get(ROOT).json()["results"]
    assert {one["account"] for one in rows} == {ours.number}
    assert client.get(f"{ROOT}limits/", {"account": ours.number}).status_code == 200
    assert client.get(f"{ROOT}limits/", {"account": theirs.number}).status_code == 400
    assert ask(client, theirs.number).status_code == 400
