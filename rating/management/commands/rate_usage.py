"""Rate stored usage again: `rate_usage --from 2027-05-01 --to 2027-06-01 --account A-1`."""

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

    def work(self, **options: Any) -> Exit | None:
        numbers: list[str] = options["account"]
        start, end = date_text(options["start"]), date_text(options["end"])
        if end <= start:
            raise Invalid("--to is the first day after, later than --from", rule="DATE")
        found = operations.rerate(
            start=start,
            end=end,
            account_ids=queries.accounts_numbered(numbers) if numbers else None,
            as_of=moment_of(options["as_of"]),
            rehearse=self.is_dry_run,
        )
        self.report(
            {
                "events": found.events,
                "changed": found.changed,
                "suspended": found.suspended,
                "accounts": [
                    {
                        "account_id": one.account_id,
                        "quantity_before": one.quantity_before,
                        "quantity_after": one.quantity_after,
                        "amount_before": one.amount_before,
                        "amount_after": one.amount_after,
                    }
                    for one in found.accounts
                ],
            }
        )
        return Exit.DONE
