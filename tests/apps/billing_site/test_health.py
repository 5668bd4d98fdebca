"""What a load balancer and a watcher are told."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from audit.models import BusinessEvent
from billing_site import health


def test_healthz_answers_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_readyz_is_ready_when_migrated(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "tasks": "ok", "outbox": "ok"}


@pytest.mark.django_db
def test_readyz_tells_that_nobody_works_on_tasks(client: Client) -> None:
    retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
    queued = timezone.now() - health.TASKS_LATE_AFTER - timedelta(seconds=1)
    OrmQ.objects.create(key="billing", payload="", lock=queued - retry)
    assert client.get("/readyz").json()["tasks"] == "late"


@pytest.mark.django_db
def test_readyz_tells_that_events_are_not_passed_on(client: Client) -> None:
    BusinessEvent.objects.create(
        topic="reason.made",
        subject_type="audit.reasoncode",
        subject_id=1,
        recorded_at=timezone.now() - health.OUTBOX_LATE_AFTER - timedelta(seconds=1),
    )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["outbox"]) == (200, "late")


def test_readyz_says_that_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "MigrationExecutor", fail)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "no database"}
