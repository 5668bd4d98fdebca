"""Load usage files: `load_usage --source MED usage_0001.csv usage_0002.csv`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from foundation import clock
from foundation.errors import Invalid, Refusal
from foundation.verdicts import visible
from rating import operations, queries
from rating.models import UsageSource

GRAVEST_FIRST = (
    Exit.LOCKED, Exit.ERROR, Exit.USAGE, Exit.CONTROL_REFUSED, Exit.REJECTED_ROWS, Exit.DONE,
)  # fmt: skip
CONTROLS = frozenset({"TRAILER", "SEQUENCE"})
"""Rules by which a readable file is refused: its totals, its number."""


def moment_of(as_of: date | None) -> datetime:
    """Return now, or noon UTC of the business date given."""
    return clock.now() if as_of is None else datetime.combine(as_of, time(12), tzinfo=UTC)


def source_of(code: str) -> UsageSource:
    """Return the source with a code.

    Raises: Invalid.
    """
    found = UsageSource.objects.filter(code=code).first()
    if found is None:
        raise Invalid(f"there is no usage source {code!r}", rule="SOURCE")
    return found


class Command(AuditedCommand):
    """Load usage files, or finish loads that were interrupted."""

    help = "Load usage files (CSV or Excel). Rows that cannot be processed wait in suspense."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--source", default="", help="code of the usage source")
        parser.add_argument("--sequence", type=int, help="number of the (one) file")
        parser.add_argument("--workers", type=int, default=1, choices=(1, 2, 3, 4))
        parser.add_argument(
            "--at-once", action="store_true", help="show nothing before the last row is stored"
        )
        parser.add_argument(
            "--resume", action="store_true", help="finish every load that was interrupted"
        )

    def work(self, **options: Any) -> Exit | None:
        if options["resume"]:
            self.report({"resumed_files": operations.resume_files(workers=options["workers"])})
            return Exit.DONE
        source = source_of(options["source"])
        paths: list[Path] = options["files"]
        if not paths or (options["sequence"] is not None and len(paths) > 1):
            raise Invalid("name one file or more; a sequence number is for one file", rule="FILES")
        if len(paths) == 1:
            report = self._load(source, paths[0], options)
            self.report(report)
            return Exit.REJECTED_ROWS if report["suspended"] else Exit.DONE
        return self._load_each(source, paths, options)

    def _load_each(
        self, source: UsageSource, paths: Sequence[Path], options: dict[str, Any]
    ) -> Exit:
        """Load several files; one that is refused keeps none of the others out."""
        reports: list[dict[str, Any]] = []
        exits: set[Exit] = set()
        for path in paths:
            try:
                report = self._load(source, path, options)
                exits.add(Exit.REJECTED_ROWS if report["suspended"] else Exit.DONE)
            except Refusal as refusal:
                exits.add(self.exit_for(refusal))
                report = {"file": visible(path.name), **self.refused_facts(refusal)}
            reports.append(report)
        self.report({"files": reports})
        return next(exit_ for exit_ in GRAVEST_FIRST if exit_ in exits)

    def exit_for(self, refusal: Refusal) -> Exit:
        """Tell a file that breaks a control from one that cannot be read."""
        return Exit.CONTROL_REFUSED if refusal.rule in CONTROLS else super().exit_for(refusal)

    def _load(self, source: UsageSource, path: Path, options: dict[str, Any]) -> dict[str, Any]:
        if not path.is_file():
            raise Invalid(f"there is no file {visible(str(path))}", rule="FILE")
        received_at = moment_of(options["as_of"])
        if self.is_dry_run:
            verdict = operations.rehearse_file(
                source=source, filename=path.name, content=path, received_at=received_at
            )
            return {
                "file": visible(path.name),
                "received": verdict.received,
                "loaded": verdict.loaded,
                "duplicates": verdict.duplicates,
                "suspended": verdict.suspended,
                "by_reason": verdict.by_reason,
                "problems": [problem.as_facts() for problem in verdict.problems],
            }
        file = operations.load_file(
            source=source,
            filename=path.name,
            content=path,
            received_at=received_at,
            sequence=options["sequence"],
            workers=options["workers"],
            at_once=options["at_once"],
            progress=self.progress,
        )
        return {
            "file": file.name,
            "id": file.pk,
            "received": file.received_count,
            "loaded": file.loaded_count,
            "duplicates": file.duplicate_count,
            "suspended": file.suspended_count,
            "gap_before": file.gap_before,
            "control_total": "WRONG" if file.is_control_total_wrong else "right",
            "problems": [problem.as_facts() for problem in queries.file_problems(file.pk)],
        }
