"""Make the clock ring: the one entry of the task queue's schedule, nothing else."""

from typing import Any

from audit.commands import AuditedCommand, Exit
from billing_site import operations
from billing_site.schedules import SWEEPS


class Command(AuditedCommand):
    """Make the tick and remove every other schedule; harmless to repeat."""

    help = __doc__ or ""

    def work(self, **options: Any) -> Exit | None:
        made, removed = operations.setup_schedules()
        sweeps = {sweep.name: f"every {sweep.every}" for sweep in SWEEPS}
        self.report({"made": made, "removed": removed, "sweeps": sweeps})
        return Exit.DONE
