"""Record a file of payments, whole or not at all (PAY-10)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

import ledger.queries
from audit.commands import AuditedCommand, Exit
from foundation import clock
from foundation.errors import Invalid
from foundation.parsing import decimal_text, integer_text
from payments import imports
from payments.operations import BatchReport


class Command(AuditedCommand):
    """record_payments FILE --entity CODE [--control-count N] [--control-amount SUM] [--dry-run]

    Exit codes: 0 recorded, 2 the file or an option cannot be read, 3 rows with faults (nothing
    was recorded), 4 refused: control totals disagree, or the file was recorded before.
    """

    help = "Record a CSV or XLSX file of payments of one legal entity."

    def add_options(self, parser: CommandParser) -> None:
        """Add the file and its control totals."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--control-count", default="", help="how many payments there are")
        parser.add_argument("--control-amount", default="", help="what they add up to")

    def work(self, **options: Any) -> Exit | None:
        """Read the file, record it, report."""
        path: Path = options["file"]
        if not options["entity"]:
            raise Invalid("say whose payments these are: --entity CODE", rule="ENTITY")
        report = imports.record_payments(
            entity=ledger.queries.entity_by_code(options["entity"]),
            filename=path.name,
            content=self.content_of(path),
            as_of=options["as_of"] or clock.now().date(),
            actor=None,
            control_count=_count(options["control_count"]),
            control_amount=_amount(options["control_amount"]),
            is_rehearsal=options["dry_run"],
            progress=lambda done, total: self.progress(done, total, "payments"),
        )
        self.report(facts(report))
        return Exit.REJECTED_ROWS if report.problems else None


def facts(report: BatchReport) -> dict[str, object]:
    """Return what the command says about a file."""
    return {
        "file": report.filename,
        "rows": report.rows,
        "amount": report.amount,
        "currency": report.currency,
        "recorded": bool(report.batch),
        "payments": len(report.payments),
        "unidentified": len(report.receipts),
        "problems": [problem.as_facts() for problem in report.problems],
    }


def _count(text: str) -> int | None:
    return integer_text(text, minimum=1) if text else None


def _amount(text: str) -> Decimal | None:
    return decimal_text(text, places=4, minimum=Decimal(0)) if text else None
