"""Run the identities of every room; exit 4 when one does not hold."""

from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from billing_site import operations
from billing_site.operations.integrity import summary


class Command(AuditedCommand):
    """Read the books and say where they disagree with themselves; changes nothing."""

    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--only", metavar="CODE", action="append", default=[])
        parser.add_argument("--keep", action="store_true", help="keep the result for the board")

    def work(self, **options: Any) -> Exit | None:
        codes = frozenset(options["only"])
        if options["keep"] and not codes and not self.is_dry_run:
            found = operations.run_integrity()
        else:
            found = summary(operations.check_integrity(codes=codes))
        if self.as_json:
            self.report(found)
        else:
            for check in found["checks"]:
                mark = "ok " if check["green"] else "RED"
                self.stdout.write(f"{mark} {check['code']:<6} {check['title']}")
                for finding in check["findings"]:
                    self.stdout.write(
                        f"      {finding['subject']}: {finding['message']} "
                        f"(expected {finding['expected']}, actual {finding['actual']})"
                    )
        return Exit.DONE if found["green"] else Exit.CONTROL_REFUSED
