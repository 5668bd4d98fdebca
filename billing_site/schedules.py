"""What happens by itself, and when: one clock rings, our own tables say what is due.

The queue's own schedule holds one entry, the tick: business dates never come from a schedule,
which drifts over month ends and clock changes, loses slots and repeats them. Each sweep asks its
room what is due and is harmless to repeat; a sweep that fails does not keep the next from running.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TICK = "billing_site.tasks.tick"
TICK_MINUTES = 5

Every = Literal["tick", "hour", "day"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A job of the clock: its name, how often, the function (of the moment) that does it."""

    name: str
    every: Every
    task: str

    def slot(self, now: datetime) -> str:
        """Return the stretch of time within which the sweep is done once."""
        formats = {"tick": "%Y-%m-%dT%H:%M", "hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d"}
        return now.strftime(formats[self.every])


SWEEPS: tuple[Sweep, ...] = (
    Sweep("continue_runs", "tick", "invoicing.tasks.continue_runs"),
    Sweep("customers", "tick", "customers.tasks.sweep"),
    Sweep("settle_balances", "hour", "rating.tasks.settle_balances"),
    Sweep("derive_usage", "tick", "rating.tasks.derive_usage"),
    Sweep("merge_parts", "hour", "rating.tasks.merge_parts"),
    Sweep("value_suspense", "hour", "rating.tasks.value_suspense"),
    Sweep("bill_limits", "hour", "invoicing.tasks.bill_limits"),
    Sweep("set_off_ends", "hour", "receivables.tasks.set_off_ends"),
    Sweep("pass_on_events", "tick", "audit.tasks.pass_on"),
    Sweep("expire_approvals", "hour", "billing_site.tasks.expire_approvals"),
    Sweep("forget_idempotency_keys", "day", "billing_site.tasks.forget_idempotency_keys"),
    Sweep("seal_history", "hour", "billing_site.tasks.seal_history"),
    Sweep("check_integrity", "day", "billing_site.tasks.check_integrity"),
)
