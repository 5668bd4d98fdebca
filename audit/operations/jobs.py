"""Job runs: one at a time, counted before they work, parked when they keep failing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.choices import JobState
from audit.models import JobRun
from audit.operations.events import record_event
from audit.rules.fingerprints import fingerprint
from foundation.errors import Busy, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require

LEASE: Final = timedelta(minutes=5)
"""A job that has been running for so long is taken for dead: the queue ends its work before."""

MOST_TRIES: Final = 3


class JobIsRunning(Busy):
    """The same job with the same parameters runs at this moment."""

    rule = "JOB_IS_RUNNING"


class JobIsParked(Refusal):
    """The job failed too often; a person looks at it and releases it."""

    rule = "JOB_IS_PARKED"


class JobIsNotParked(Refusal):
    """The job does not wait for a person: it is done, running, or was released already."""

    rule = "JOB_IS_NOT_PARKED"


def start_job(*, name: str, params: Mapping[str, Any], most_tries: int = MOST_TRIES) -> JobRun:
    """Count a try and commit it, before the work begins.

    An unfinished run of the same name and parameters is continued, a finished one is followed by
    a new one. Not inside another transaction: the count must survive
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
            job.tried_at = Now()
            job.finished_at = None
            job.save()
    if is_parked:
        raise JobIsParked(f"{name} failed {job.attempts} times and waits for a person")
    job.refresh_from_db()
    return job


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


@transaction.atomic
def release_job(*, job_id: int, actor: User | None) -> JobRun:
    """Let a parked job be tried again, with its tries counted anew; its last error is kept.

    The clock takes up a released sweep at its next tick, whatever its slot; any other job goes on
    when it is called again.

    Raises: Forbidden; JobIsNotParked.
    """
    require(actor, "audit.release_job")
    job = JobRun.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.PARKED:
        raise JobIsNotParked(
            f"{job.name} is not parked any more: {job.get_state_display().lower()}"
        )
    job.state = JobState.FAILED
    job.attempts = 0
    job.save(update_fields=["state", "attempts"])
    record_event(topic="job.released", subject=job, actor=actor)
    return job


def _is_dead(job: JobRun) -> bool:
    return JobRun.objects.filter(Q(tried_at__lt=Now() - LEASE), pk=job.pk).exists()
