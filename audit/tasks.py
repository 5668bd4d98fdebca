"""What the task queue runs for the audit room: events are passed on and sent.

Delivery is at least once; a task that is lost or runs twice does no harm, because the deliveries
say themselves what is due.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django_q.tasks import async_task

from audit import operations, queries
from foundation import clock

SLICE_SECONDS: Final = 25


def pass_on(now: datetime) -> int:
    """Pass on what happened, and let the queue send what is due; return how many events."""
    passed = operations.pass_on_events(as_of=now)
    if queries.due_deliveries(now).exists():
        async_task("audit.tasks.send", group="webhooks")
    return passed


def send() -> int:
    """Send deliveries for a slice of time; queue the rest. Return how many were taken."""
    with operations.context(actor=None, via="task:send"):
        taken = operations.send_deliveries(
            as_of=clock.now(), seconds=SLICE_SECONDS, clock=clock.now
        )
    if taken and queries.due_deliveries(clock.now()).exists():
        async_task("audit.tasks.send", group="webhooks")
    return taken
