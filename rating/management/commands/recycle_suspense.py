"""Recycle suspended usage: `recycle_suspense --reason NO_OWNER --set identifier=4915112345`."""

from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from foundation.errors import Invalid
from rating import operations, queries
from rating.choices import WriteOffState
from rating.management.commands.load_usage import moment_of
from rating.rules.reasons import Reason


class Command(AuditedCommand):
    """Put suspended rows through the pipeline again."""

    help = "Recycle suspended usage, all of it or by reason, source, type or identifier."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", choices=["", *(r.value for r in Reason)])
        parser.add_argument("--source", default="")
        parser.add_argument("--usage-type", default="")
        parser.add_argument("--identifier", default="")
        parser.add_argument(
            "--set", action="append", default=[], metavar="COLUMN=VALUE", dest="changes"
        )

    def work(self, **options: Any) -> Exit | None:
        corrections: dict[str, str] = {}
        for change in options["changes"]:
            column, sign, value = change.partition("=")
            if not sign:
                raise Invalid("a correction is COLUMN=VALUE", rule="CORRECTION")
            corrections[column] = value
        stored = duplicates = still_open = 0
        waiting = queries.suspense(
            reason=options["reason"],
            source=options["source"],
            usage_type=options["usage_type"],
            identifier=options["identifier"],
        )
        free = waiting.exclude(write_off__state=WriteOffState.PENDING)
        ids = list(free.order_by("id").values_list("id", flat=True))
        for start in range(0, len(ids), 5000):
            result = operations.recycle(
                item_ids=ids[start : start + 5000],
                corrections=corrections,
                as_of=moment_of(options["as_of"]),
            )
            stored += result.stored
            duplicates += result.duplicates
            still_open += result.still_open
            self.progress(min(start + 5000, len(ids)), len(ids))
        self.report(
            {
                "tried": len(ids),
                "stored": stored,
                "duplicates": duplicates,
                "still_open": still_open,
            }
        )
        return Exit.REJECTED_ROWS if still_open else Exit.DONE
