"""Rate stored usage again: `rate_usage --from 2027-05-01 --to 2027-06-01 --account A-1`.

With `--sums-only` the events keep their rating and are added up again.
"""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from foundation.errors import Invalid
from foundation.parsing import date_text
from rating import operations, queries
from rating.management.commands.load_usage import moment_of


class Command(AuditedCommand):
    """Guide and price stored events again and rebuild their sums (RATE-2)."""

    help = "Guide and price stored usage again; repeating changes nothing."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="start", required=True, metavar="DATE")
        parser.add_argument("--to", dest="end", required=True, metavar="DATE", help="exclusive")
        parser.add_argument("--account", action="append", default=[], metavar="NUMBER")
        parser.add_argument(
            "--sums-only", action="store_true", help="add the events up again, do not rate them"
        )

    def work(self, **options: Any) -> Exit | None:
        numbers: list[str] = options["account"]
        start, end = date_text(options["start"]), date_text(options["end"])
        if end <= start:
            raise Invalid("--to is the first day after, later than --from", rule="DATE")
        scope: dict[str, Any] = {
            "start": start,
            "end": end,
            "account_ids": queries.accounts_numbered(numbers) if numbers else None,
            "rehearse": self.is_dry_run,
        }
        if options["sums_only"]:
            self.report({"accounts": told(operations.rebuild_sums(**scope))})
            return Exit.DONE
        found = operations.rerate(**scope, as_of=moment_of(options["as_of"]))
        self.report(
            {
                "events": found.events,
                "changed": found.changed,
                "suspended": found.suspended,
                "accounts": told(found.accounts),
            }
        )
        return Exit.DONE


def told(accounts: list[operations.AccountChange]) -> list[dict[str, Any]]:
    """Return the usage of each account before and after, as reports tell it."""
    return [asdict(one) for one in accounts]
