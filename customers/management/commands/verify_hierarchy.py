"""`manage.py verify_hierarchy [--rebuild]`: compare the tree with its dated positions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from customers import operations, queries
from foundation import clock


class Command(AuditedCommand):
    """Say where the account tree disagrees with itself (HIER-7, I-20)."""

    help = "Compare the account tree with its parents and dated positions; optionally mend it."

    def add_options(self, parser: CommandParser) -> None:
        """Offer to mend."""
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="apply due moves and number the tree afresh from its parents, under the lock",
        )

    def work(self, **options: Any) -> Exit:
        """Check; with --rebuild mend first."""
        day = options["as_of"] or clock.now().date()
        facts: dict[str, object] = {"as_of": day}
        if options["rebuild"]:
            facts["moved"] = operations.apply_due_moves(as_of=day)
            facts["rebuilt"] = operations.rebuild_tree(actor=None)
        findings = queries.hierarchy_findings(day)
        facts["findings"] = [
            {
                "subject": one.subject,
                "message": one.message,
                "expected": one.expected,
                "actual": one.actual,
            }
            for one in findings
        ]
        self.report(facts)
        return Exit.CONTROL_REFUSED if findings else Exit.DONE
