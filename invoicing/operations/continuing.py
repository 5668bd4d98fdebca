"""Carry a run on from wherever it stands."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from invoicing.models import BillRun


def continue_run(*, run_id: int, workers: int = 1, seconds: float | None = None) -> BillRun:
    """Carry a run to its next stop: a person's decision, its end, or the end of the time given.

    Safe to call at any time, from any number of processes at once: chunks are claimed, chapters
    are harmless to repeat, so a run that died is carried on by calling it again (F01, F03). With
    several workers each is a process with a connection of its own.
    """
    from invoicing import bill_run  # the story is told on top of the operations
    from invoicing.models import BillRun

    if workers > 1 and not connection.in_atomic_block:
        BillRun.objects.filter(pk=run_id).update(workers=workers)
    until = None if seconds is None else monotonic() + seconds
    return bill_run.carry(run_id, until=until)
