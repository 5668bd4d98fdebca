"""Job runs: one at a time, counted before they work, parked when they keep failing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.choices import JobState
from audit.models import JobRun
from audit.rules.fingerprints import fingerprint
from foundation.errors import Busy, Refusal
from foundation.locks import advisory_lock

LEASE: Final = timedelta(minutes=5)
"""A running job that has not beaten for so long is taken for dead."""

MOST_TRIES: Final = 3


class JobIsRunning(Busy):
    """The same job with the same parameters runs at this moment."""

    rule = "JOB_IS_RUNNING"


class JobIsParked(Refusal):
    """The job failed too often; a person looks at it and releases it."""

    rule = "JOB_IS_PARKED"


def start_job(*, name: str, params: Mapping[str, Any], most_tries: int = MOST_TRIES) -> JobRun:
    """Count a try and commit it, before the work begins.

    An unfinished run of the same name and parameters is continued (its `cursor` says where), a
    finished one is followed by a new one. Not inside another transaction: the count must survive
    whatever the work does.

    Raises: JobIsRunning; JobIsParked.
    """
    digest = fingerprint(params)
    with transaction.atomic(durable=True):
        advisory_lock("job", f"{name}:{digest}")
        open_runs = JobRun.objects.filter(name=name, params_hash=digest).exclude(
            state=JobState.DONE
        )
        job = open_runs.first() or JobRun(
            name=name, params=dict(params), params_hash=digest, state=JobState.FAILED
        )
        if job.state == JobState.RUNNING and not _is_dead(job):
            raise JobIsRunning(f"{name} is running since {job.started_at:%H:%M} UTC")
        if job.state != JobState.PARKED and job.attempts >= most_tries:
            job.state = JobState.PARKED
            job.save()
        is_parked = job.state == JobState.PARKED
        if not is_parked:
            job.state = JobState.RUNNING
            job.attempts += 1
            job.heartbeat_at = Now()
            job.finished_at = None
            job.save()
    if is_parked:
        raise JobIsParked(f"{name} failed {job.attempts} times and waits for a person")
    job.refresh_from_db()
    return job


def beat(job: JobRun, *, cursor: object = None) -> None:
    """Say that the job lives and, in the transaction of the work, how far it has come."""
    changes: dict[str, Any] = {"heartbeat_at": Now()}
    if cursor is not None:
        changes["cursor"] = cursor
    JobRun.objects.filter(pk=job.pk).update(**changes)


def finish_job(job: JobRun, *, result: Mapping[str, Any] | None = None) -> None:
    """Mark the job done, in the transaction of its last effect."""
    JobRun.objects.filter(pk=job.pk).update(
        state=JobState.DONE, result=dict(result or {}), error="", finished_at=Now()
    )


def fail_job(job: JobRun, *, error: str) -> None:
    """Mark the try failed; the next start tries again, or parks it."""
    JobRun.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, error=error[:4000], finished_at=Now()
    )


def release_job(*, job_id: int) -> None:
    """Let a parked job be tried again, with its tries counted anew."""
    JobRun.objects.filter(pk=job_id, state=JobState.PARKED).update(
        state=JobState.FAILED, attempts=0
    )


def _is_dead(job: JobRun) -> bool:
    return JobRun.objects.filter(Q(heartbeat_at__lt=Now() - LEASE), pk=job.pk).exists()
