"""The queue carries "continue run N" and nothing else; a lost task costs time, never money."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django_q.models import OrmQ

import invoicing.operations
from invoicing import tasks
from invoicing.models import BillRun, Invoice
from tests.apps.invoicing.company import Company, add, noon

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(company: Company) -> BillRun:
    add(company.payer(), company.offer("SEAT", {"price": Decimal(30)}))
    found: BillRun = invoicing.operations.start_run(
        cycle=company.cycle,
        bill_date=date(2027, 1, 1),
        cutoff_at=noon(date(2027, 1, 1)),
        actor=company.clerk,
    )
    return found


def test_a_run_is_carried_until_it_waits_for_a_person(run: BillRun) -> None:
    assert tasks.continue_run(run.pk) == "IN_REVIEW"
    assert tasks.continue_run(run.pk) == "IN_REVIEW"
    assert Invoice.objects.count() == 1
    assert not OrmQ.objects.exists(), "a run that waits is not queued again"


def test_a_run_that_needs_more_time_queues_its_rest(
    run: BillRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "SLICE_SECONDS", -1)
    state = tasks.continue_run(run.pk)
    assert state in tasks.GOES_ON
    assert OrmQ.objects.count() == 1


def test_a_run_whose_task_was_lost_is_found_again(run: BillRun) -> None:
    assert tasks.continue_runs(datetime.now(tz=UTC)) == 0, "it was touched a moment ago"
    assert tasks.continue_runs(datetime.now(tz=UTC) + timedelta(minutes=10)) == 1
    assert OrmQ.objects.count() == 1


def test_a_run_that_stopped_with_an_error_waits_for_a_person(run: BillRun) -> None:
    BillRun.objects.filter(pk=run.pk).update(error="the period is closed")
    assert tasks.continue_runs(datetime.now(tz=UTC) + timedelta(minutes=10)) == 0
