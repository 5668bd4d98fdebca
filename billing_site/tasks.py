"""What the task queue runs: the tick of the clock, and runs that go on.

Delivery is at least once: every function here is harmless to repeat. Arguments are ids only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, cast

from django.utils.module_loading import import_string

import audit.operations
import audit.queries
from audit.models import JobRun
from billing_site import operations
from billing_site.schedules import SWEEPS, Sweep
from foundation import clock

log = logging.getLogger(__name__)
SWEEP: Final = "sweep:"


def tick() -> list[str]:
    """Run every sweep that is due and was not done in its slot; return the names of those run.

    So does a sweep of an earlier slot that was parked and released.
    """
    now = clock.now()
    due = [(sweep, sweep.slot(now)) for sweep in SWEEPS]
    again = [pair for pair in _released() if pair not in due]
    return [sweep.name for sweep, slot in (*due, *again) if _run_once(sweep, slot, now)]


def _released() -> list[tuple[Sweep, str]]:
    """Return the sweeps that a person has released, each with the slot that it was parked in."""
    by_name = {f"{SWEEP}{sweep.name}": sweep for sweep in SWEEPS}
    return [
        (by_name[job.name], job.params["slot"])
        for job in audit.queries.released_jobs(SWEEP)
        if job.name in by_name
    ]


def _run_once(sweep: Sweep, slot: str, now: datetime) -> bool:
    """Run a sweep unless it was done in this slot, is running or is parked."""
    params = {"slot": slot}
    name = f"{SWEEP}{sweep.name}"
    if JobRun.objects.filter(name=name, params=params, state="DONE").exists():
        return False
    try:
        job = audit.operations.start_job(name=name, params=params)
    except (audit.operations.JobIsRunning, audit.operations.JobIsParked) as refusal:
        log.info("sweep %s not run: %s", sweep.name, refusal)
        return False
    work = cast(Callable[[datetime], object], import_string(sweep.task))
    try:
        with audit.operations.context(actor=None, via=f"task:{sweep.name}"):
            outcome = work(now)
    except Exception as error:  # one broken sweep must not stop the others; the job row tells
        log.exception("sweep %s failed", sweep.name)
        audit.operations.fail_job(job, error=repr(error))
        return False
    audit.operations.finish_job(job, result={"outcome": str(outcome)})
    return True


def expire_approvals(now: datetime) -> int:
    """Close the requests nobody decided in time."""
    return audit.operations.expire_requests()


def forget_idempotency_keys(now: datetime) -> int:
    """Delete stored API answers older than a month."""
    return audit.operations.forget_expired()


def seal_history(now: datetime) -> str:
    """Seal the changes since the last seal."""
    return str(audit.operations.seal_changes() or "nothing new")


def check_integrity(now: datetime) -> str:
    """Run every identity and keep the result for the board."""
    found = operations.run_integrity()
    red = [check["code"] for check in found["checks"] if not check["green"]]
    return f"red: {', '.join(red)}" if red else "green"
