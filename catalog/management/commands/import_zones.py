"""`manage.py import_zones MAP FILE --from DAY`: make a file of prefixes a zone map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit, business_date
from catalog import operations
from catalog.models import ZoneMap
from foundation.errors import Invalid


class Command(AuditedCommand):
    """Import the prefixes of a zone map; --dry-run shows the difference only."""

    help = "Make a CSV or XLSX file of prefixes the whole zone map from a day on."

    def add_options(self, parser: CommandParser) -> None:
        """Take the map, the file and the day."""
        parser.add_argument("map", help="code of the zone map")
        parser.add_argument("file", type=Path, help="a .csv or .xlsx file")
        parser.add_argument("--from", dest="starts", type=business_date, required=True)

    def work(self, **options: Any) -> Exit:
        """Import, and tell what changed and which rows were not taken."""
        path: Path = options["file"]
        zone_map = ZoneMap.objects.filter(code=options["map"]).first()
        if zone_map is None:
            raise Invalid(f"there is no zone map {options['map']}", rule="UNKNOWN")
        report = operations.import_zones(
            zone_map=zone_map,
            content=self.content_of(path),
            filename=path.name,
            starts=options["starts"],
            actor=None,
            dry_run=self.is_dry_run,
        )
        self.report(
            {
                "file": report.filename,
                **report.counts,
                "problems": [problem.as_facts() for problem in report.problems],
            }
        )
        return Exit.REJECTED_ROWS if report.problems else Exit.DONE
