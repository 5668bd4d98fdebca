"""What the task queue runs for invoicing: "continue run N", nothing else.

A task carries a run for a while and queues itself again; a task that is lost or delivered twice
does no harm, because the run's own tables say what is still missing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from django_q.tasks import async_task

import audit.operations
import invoicing.operations
from foundation.errors import Refusal
from invoicing.choices import RunState
from invoicing.models import BillRun

SLICE_SECONDS: Final = 25
QUIET_FOR: Final = timedelta(minutes=3)
GOES_ON: Final = (
    RunState.CREATED,
    RunState.SELECTED,
    RunState.CALCULATING,
    RunState.CALCULATED,
    RunState.POSTING,
    RunState.POSTED,
)
"""States in which a run needs no person to go on."""


def enqueue(run_id: int) -> None:
    """Let the queue carry a run on, once the caller's transaction is committed."""
    async_task("invoicing.tasks.continue_run", run_id, group=f"run {run_id}")


def continue_run(run_id: int) -> str:
    """Carry a run for a slice of time; queue the rest. Return its state.

    A run that stands still before the slice is used up is left to `continue_runs`, so that what
    cannot go on at this moment is not tried again at once.
    """
    until = monotonic() + SLICE_SECONDS
    with audit.operations.context(actor=None, via="task:continue_run"):
        try:
            run = invoicing.operations.continue_run(run_id=run_id, seconds=SLICE_SECONDS)
        except Refusal as refusal:
            return f"refused ({refusal.rule}): {refusal.message}"
    if run.state in GOES_ON and not run.error and monotonic() >= until:
        enqueue(run_id)
    return str(run.state)


def bill_limits(now: datetime) -> int:
    """Start interim runs where usage has reached its limit, and queue them. Return how many."""
    runs = invoicing.operations.start_interims(as_of=now)
    for run in runs:
        enqueue(run.pk)
    return len(runs)


def continue_runs(now: datetime) -> int:
    """Queue every run that should go on and has been quiet: its task was lost. Return how many."""
    quiet = BillRun.objects.filter(
        state__in=GOES_ON, error="", updated_at__lt=now - QUIET_FOR
    ).values_list("pk", flat=True)
    for run_id in quiet:
        enqueue(run_id)
    return len(quiet)
