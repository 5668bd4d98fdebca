"""The clock: one entry in the queue, each sweep once per slot, one failure stops no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_q.models import Schedule

from audit.models import BusinessEvent, JobRun
from billing_site import operations, schedules, tasks
from billing_site.schedules import Sweep
from foundation import clock

NOON = datetime(2027, 3, 28, 12, 0, tzinfo=UTC)
DONE: list[str] = []


def note(now: datetime) -> str:
    """Do nothing but note it."""
    DONE.append(now.isoformat())
    return "noted"


def fail(now: datetime) -> str:
    """Fail always."""
    raise RuntimeError("on purpose")


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> None:
    DONE.clear()
    here = "tests.apps.billing_site.test_schedules"
    sweeps = (Sweep("bad", "tick", f"{here}.fail"), Sweep("good", "day", f"{here}.note"))
    monkeypatch.setattr(tasks, "SWEEPS", sweeps)
    monkeypatch.setattr(tasks, "import_string", {f"{here}.fail": fail, f"{here}.note": note}.get)
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.mark.django_db
def test_the_queue_holds_the_tick_and_nothing_else() -> None:
    Schedule.objects.create(name="evil", func="os.system")
    assert operations.setup_schedules() == (1, 1)
    assert operations.setup_schedules() == (0, 0)
    only = Schedule.objects.get()
    assert (only.func, only.minutes) == (schedules.TICK, schedules.TICK_MINUTES)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_runs_once_per_slot_and_a_broken_one_is_parked(clocked: None) -> None:
    assert tasks.tick() == ["good"]
    for _ in range(4):
        assert tasks.tick() == []
    assert len(DONE) == 1
    states = {job.name: job.state for job in JobRun.objects.all()}
    assert states == {"sweep:bad": "PARKED", "sweep:good": "DONE"}


@pytest.mark.django_db(transaction=True)
def test_a_parked_sweep_is_released_in_the_console_and_tried_again(
    clocked: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        tasks.tick()
    job = JobRun.objects.get(state="PARKED")
    later = NOON + timedelta(hours=5)
    here = "tests.apps.billing_site.test_schedules"
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(tasks, "import_string", {f"{here}.fail": note, f"{here}.note": note}.get)
    tasks.tick()
    assert JobRun.objects.get(pk=job.pk).state == "PARKED"
    operations.setup_roles()
    operations.create_demo_users(password="a long demo password")
    release = reverse("console:release_job", args=[job.pk])
    client.force_login(User.objects.get(username="auditor"))
    shown = client.get(reverse("console:jobs")).content.decode()
    assert "Parked: wait for a person" in shown
    assert "on purpose" in shown
    assert "Release" not in shown
    assert client.post(release).status_code == 403
    client.force_login(User.objects.get(username="operator"))
    assert ">Release</a>" in client.get(reverse("console:jobs")).content.decode()
    page = client.get(reverse("console:job", args=[job.pk])).content.decode()
    assert "28 Mar 2027 12:00" in page
    assert "Yes: Release" in page
    told = client.post(release, follow=True).content.decode()
    assert "the clock tries it again within five minutes" in told
    again = client.post(release, follow=True).content.decode()
    assert "is not parked any more" in again
    tasks.tick()
    done = JobRun.objects.get(pk=job.pk)
    assert (done.state, done.attempts, done.error) == ("DONE", 1, "")
    event = BusinessEvent.objects.get(topic="job.released")
    assert (event.subject_id, event.actor) == (job.pk, User.objects.get(username="operator"))


@pytest.mark.django_db(transaction=True)
def test_the_real_sweeps_run() -> None:
    assert tasks.tick() == [sweep.name for sweep in schedules.SWEEPS]
    assert not JobRun.objects.exclude(state="DONE").exists()
