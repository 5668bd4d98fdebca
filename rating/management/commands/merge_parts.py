"""Put calls and sessions that came in parts together: `merge_parts`."""

from typing import Any

from audit.commands import AuditedCommand, Exit
from rating import operations
from rating.management.commands.load_usage import moment_of


class Command(AuditedCommand):
    """Merge what is whole, or has waited as long as its source waits (RATE step 4)."""

    help = "Merge partial usage records; loads do it too, and the clock every hour."

    def work(self, **options: Any) -> Exit | None:
        done = operations.merge_parts(as_of=moment_of(options["as_of"]))
        self.report({"sessions": done.sessions, "late": done.late, "waiting": done.waiting})
        return Exit.DONE
