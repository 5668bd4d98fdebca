"""Say what suspended usage is worth: `value_suspense`."""

from typing import Any

from audit.commands import AuditedCommand, Exit
from rating import operations
from rating.management.commands.load_usage import moment_of


class Command(AuditedCommand):
    """Estimate what rows in suspense would cost, all that are not valued yet."""

    help = "Estimate what suspended usage would cost; the clock does it every hour."

    def work(self, **options: Any) -> Exit | None:
        done = operations.value_suspense(as_of=moment_of(options["as_of"]))
        self.report({"valued": done.valued, "without": done.without})
        return Exit.DONE
