"""Load usage files: `load_usage --source MED usage_0001.csv usage_0002.csv`."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from foundation import clock
from foundation.errors import Invalid
from rating import operations
from rating.models import UsageSource


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
        reports = [self._load(source, path, options) for path in paths]
        self.report(reports[0] if len(reports) == 1 else {"files": reports})
        suspended = any(report["suspended"] or report["refused"] for report in reports)
        return Exit.REJECTED_ROWS if suspended else Exit.DONE

    def _load(self, source: UsageSource, path: Path, options: dict[str, Any]) -> dict[str, Any]:
        if not path.is_file():
            raise Invalid(f"there is no file {path}", rule="FILES")
        received_at = moment_of(options["as_of"])
        if self.is_dry_run:
            verdict = operations.rehearse_file(
                source=source, filename=path.name, content=path, received_at=received_at
            )
            return {
                "file": path.name,
                "received": verdict.received,
                "loaded": verdict.loaded,
                "duplicates": verdict.duplicates,
                "suspended": verdict.suspended,
                "by_reason": verdict.by_reason,
                "refused": verdict.refused,
            }
        file = operations.load_file(
            source=source,
            filename=path.name,
            content=path,
            received_at=received_at,
            sequence=options["sequence"],
            workers=options["workers"],
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
            "refused": "",
        }
