"""Import batches, job runs and repeated requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from audit import operations, queries
from audit.choices import BatchState, JobState
from audit.models import IdempotencyKey, ImportBatch, JobRun
from foundation.errors import Forbidden
from foundation.tabular import RowProblem

pytestmark = pytest.mark.django_db


def test_the_same_content_is_read_once():
    batch = operations.open_batch(kind="PRICES", filename="a.csv", content=b"x", actor=None)
    with pytest.raises(operations.AlreadyImported, match=r"as a\.csv"):
        operations.open_batch(kind="PRICES", filename="b.csv", content=b"x", actor=None)
    operations.open_batch(kind="USAGE", filename="a.csv", content=b"x", actor=None)
    problem = RowProblem(3, "amount", "NaN", "NUMBER", "'NaN' is not a number")
    closed = operations.close_batch(batch, counts={"rows": 3, "taken": 2}, errors=[problem])
    assert closed.state == BatchState.WITH_ERRORS
    assert closed.errors.get().row == 3


def test_a_file_refused_as_a_whole_may_come_again():
    problem = RowProblem(1, "", "a\u202eb", "HEADER", "no header")
    refused = operations.refuse_batch(
        kind="PRICES",
        filename="a.csv",
        content=b"x",
        actor=None,
        message="no header",
        errors=[problem],
    )
    assert (refused.state, refused.errors.get().value) == (BatchState.REFUSED, "a\\u202eb")
    operations.open_batch(kind="PRICES", filename="a.csv", content=b"x", actor=None)
    assert ImportBatch.objects.count() == 2
    with pytest.raises(IntegrityError, match="audit_importbatch_read_once"), transaction.atomic():
        ImportBatch.objects.update(state=BatchState.OPEN)


def test_a_try_is_counted_before_the_work_and_the_third_failure_parks(maker: User):
    for attempt in (1, 2, 3):
        job = operations.start_job(name="usage", params={"file": 1})
        assert job.attempts == attempt
        operations.fail_job(job, error="bad line")
    with pytest.raises(operations.JobIsParked):
        operations.start_job(name="usage", params={"file": 1})
    with pytest.raises(operations.JobIsParked):
        operations.start_job(name="usage", params={"file": 1})
    with pytest.raises(Forbidden):
        operations.release_job(job_id=job.pk, actor=maker)
    released = operations.release_job(job_id=job.pk, actor=None)
    assert (released.error, list(queries.released_jobs("us"))) == ("bad line", [released])
    assert not queries.released_jobs("sweep:")
    assert operations.start_job(name="usage", params={"file": 1}).attempts == 1
    assert not queries.released_jobs("us")
    with pytest.raises(operations.JobIsNotParked):
        operations.release_job(job_id=job.pk, actor=None)


def test_a_running_job_runs_once_until_it_is_dead():
    job = operations.start_job(name="run", params={})
    with pytest.raises(operations.JobIsRunning):
        operations.start_job(name="run", params={})
    JobRun.objects.filter(pk=job.pk).update(tried_at=Now() - timedelta(minutes=6))
    taken_over = operations.start_job(name="run", params={})
    assert (taken_over.pk, taken_over.attempts) == (job.pk, 2)
    operations.finish_job(taken_over, result={"invoices": 3})
    again = operations.start_job(name="run", params={})
    assert again.pk != job.pk
    assert JobRun.objects.get(pk=job.pk).state == JobState.DONE


def test_the_same_request_gets_the_same_answer():
    with transaction.atomic():
        assert operations.claim(client="erp", key="k1", fingerprint="f1") is None
        operations.remember_answer(client="erp", key="k1", status=201, body={"id": 7})
    with transaction.atomic():
        answer = operations.claim(client="erp", key="k1", fingerprint="f1")
        assert answer is not None
        assert (answer.status, answer.body) == (201, {"id": 7})
        with pytest.raises(operations.KeyReused):
            operations.claim(client="erp", key="k1", fingerprint="f2")
        assert operations.claim(client="other", key="k1", fingerprint="f2") is None


def test_a_failed_request_stores_nothing():
    def fail() -> None:
        with transaction.atomic():
            operations.claim(client="erp", key="k1", fingerprint="f1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not IdempotencyKey.objects.exists()


def test_answers_are_forgotten_after_their_time():
    with transaction.atomic():
        operations.claim(client="erp", key="k1", fingerprint="f1")
    assert operations.forget_expired() == 0
    IdempotencyKey.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert operations.forget_expired() == 1
