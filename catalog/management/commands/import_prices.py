"""`manage.py import_prices FILE`: compare a price file and draft its prices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from catalog import operations
from foundation import clock
from foundation.errors import Invalid


class Command(AuditedCommand):
    """Draft the prices of a CSV or XLSX file for review; --dry-run shows the difference only."""

    help = "Compare a price file with the catalogue and draft what is new, changed or ended."

    def add_options(self, parser: CommandParser) -> None:
        """Take the file and who sends it."""
        parser.add_argument("file", type=Path, help="a .csv or .xlsx file")
        parser.add_argument("--user", default="", help="the author of the drafts")

    def work(self, **options: Any) -> Exit:
        """Import, and tell what changed and which rows were not taken."""
        path: Path = options["file"]
        report = operations.import_prices(
            content=self.content_of(path),
            filename=path.name,
            on_date=options["as_of"] or clock.now().date(),
            actor=self._author(options["user"]),
            dry_run=self.is_dry_run,
        )
        self.report(
            {
                "file": report.filename,
                **report.counts,
                "batch": report.batch.pk if report.batch else None,
                "changes": [
                    {
                        "kind": change.kind,
                        "rows": list(change.proposal.rows),
                        "price": str(change.proposal.key),
                        "from": change.proposal.starts,
                        "note": change.note,
                    }
                    for change in report.changes
                ],
                "problems": [problem.as_facts() for problem in report.problems],
            }
        )
        return Exit.REJECTED_ROWS if report.problems else Exit.DONE

    def _author(self, name: str) -> User | None:
        if not name:
            return None
        try:
            return User.objects.get(username=name)
        except User.DoesNotExist:
            raise Invalid(f"there is no user {name}", rule="USER") from None
