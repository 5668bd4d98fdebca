"""`manage.py import_customers FILE --what customers|accounts|orders`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from customers import operations
from customers.rules.import_rows import FORMATS
from foundation import clock
from foundation.errors import Invalid


class Command(AuditedCommand):
    """Take customers, accounts or orders from a file; --dry-run shows what would be."""

    help = (
        "Take customers, accounts or orders from a CSV or XLSX file (docs/formats/customers.md)."
    )

    def add_options(self, parser: CommandParser) -> None:
        """Take the file, what it holds and who sends it."""
        parser.add_argument("file", type=Path, help="a .csv or .xlsx file")
        parser.add_argument("--what", choices=sorted(FORMATS), default="customers")
        parser.add_argument("--user", default="", help="who sends it")
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="one bad row refuses the file"
        )

    def work(self, **options: Any) -> Exit:
        """Import, and tell what became of the rows."""
        path: Path = options["file"]
        report = operations.import_file(
            what=options["what"],
            content=self.content_of(path),
            filename=path.name,
            as_of=options["as_of"] or clock.now().date(),
            actor=self._sender(options["user"]),
            dry_run=self.is_dry_run,
            all_or_nothing=options["all_or_nothing"],
        )
        self.report(
            {
                "file": report.filename,
                "what": report.what,
                **report.counts,
                "batch": report.batch.pk if report.batch else None,
                "changes": [
                    {"row": one.row, "key": one.key, "kind": one.kind, "changes": one.changes}
                    for one in report.outcomes
                    if one.kind != "same"
                ],
                "problems": [problem.as_facts() for problem in report.problems],
            }
        )
        return Exit.REJECTED_ROWS if report.problems else Exit.DONE

    def _sender(self, name: str) -> User | None:
        if not name:
            return None
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist:
            raise Invalid(f"there is no user {name}", rule="USER") from None
