"""Zone maps and band plans: defined, and their prefixes imported from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from audit.models import ImportBatch
from catalog.models import BandPlan, Holiday, TimeBand, ZoneMap, ZonePrefix
from catalog.operations.files import lines_of
from catalog.operations.setup import define
from catalog.rules.zone_rows import (
    CHANGED,
    ENDED,
    NEW,
    OPTIONAL,
    REQUIRED,
    UNCHANGED,
    ZoneChange,
    compare_zones,
    read_zones,
)
from catalog.rules.zones import dialled
from foundation.errors import Invalid
from foundation.locks import advisory_lock
from foundation.parsing import BadValue, code_text
from foundation.permissions import require
from foundation.tabular import Limits, RowProblem

KIND: Final = "catalog.zones"
LIMITS: Final = Limits(file_bytes=20 * 1024 * 1024, csv_rows=200_000, xlsx_rows=200_000)


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """What a file changes in a zone map, or would change, and which rows are not taken."""

    filename: str
    starts: date
    changes: Sequence[ZoneChange]
    problems: Sequence[RowProblem]
    batch: ImportBatch | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Count prefixes by what happens to them, and rejected rows."""
        kinds = Counter(one.kind for one in self.changes)
        found = {kind: kinds[kind] for kind in (NEW, CHANGED, ENDED, UNCHANGED)}
        return {**found, "rejected_rows": len(self.problems)}


def define_zone_map(
    *, code: str, name: str, attribute: str = "called", fallback: str = "", actor: User | None
) -> ZoneMap:
    """Define a zone map; its prefixes are imported."""
    values = {"name": name, "attribute": attribute, "fallback": fallback}
    return define(ZoneMap, code, values, actor)


def define_band_plan(
    *,
    code: str,
    name: str,
    bands: Sequence[tuple[str, Sequence[int], time, time, int]] = (),
    holidays: Sequence[tuple[date, str]] = (),
    actor: User | None,
) -> BandPlan:
    """Define a plan; `bands` are code, days (1 Monday to 8 holiday), start, end and weight.

    Bands and holidays are added to what the plan has.
    """
    with transaction.atomic():
        plan = define(BandPlan, code, {"name": name}, actor)
        for band, days, starts, ends, weight in bands:
            try:
                known = code_text(band, 32)
            except BadValue as bad:
                raise Invalid(bad.message, rule=bad.rule) from bad
            TimeBand.objects.get_or_create(
                plan=plan, code=known, days=sorted(days), starts=starts,
                defaults={"ends": ends, "weight": weight},
            )  # fmt: skip
        for day, title in holidays:
            Holiday.objects.get_or_create(plan=plan, on_date=day, defaults={"name": title})
    return plan


def import_zones(
    *,
    zone_map: ZoneMap,
    content: bytes,
    filename: str,
    starts: date,
    actor: User | None,
    dry_run: bool = False,
) -> ZoneReport:
    """Make a file of prefixes the whole zone map from a day on.

    A prefix that is new begins on the day, one whose zone changed ends and begins anew, one that
    the file does not name ends; days before stay as they were. Rows that cannot be read are told
    and change nothing. A dry run writes nothing; the same file is taken once for a map and day.

    Raises: FileRefused; Invalid when the map has later days already; audit's AlreadyImported.
    Source: docs/formats/zones.md.
    """
    require(actor, "catalog.import_prices")
    lines = lines_of(
        content, filename, kind=KIND, required=REQUIRED, optional=OPTIONAL, limits=LIMITS,
        actor=actor, dry_run=dry_run,
    )  # fmt: skip
    rows, problems = read_zones(lines)
    kept = {dialled(line.values["prefix"]) for line in lines}
    with transaction.atomic():
        advisory_lock("import", f"{KIND}:{zone_map.pk}")
        _refuse_later(zone_map, starts)
        standing = dict(
            ZonePrefix.objects.filter(zone_map=zone_map, valid__contains=starts).values_list(
                "prefix", "zone"
            )
        )
        changes = compare_zones(rows, standing, kept)
        if dry_run:
            return ZoneReport(filename, starts, changes, problems)
        batch = audit.operations.open_batch(
            kind=f"{KIND}.{zone_map.code}.{starts}"[:60],
            filename=filename,
            content=content,
            actor=actor,
        )
        _write(zone_map, changes, starts)
        report = ZoneReport(filename, starts, changes, problems, batch)
        audit.operations.close_batch(batch, counts=report.counts, errors=report.problems)
    return report


def _refuse_later(zone_map: ZoneMap, starts: date) -> None:
    later = ZonePrefix.objects.filter(zone_map=zone_map, valid__startswith__gt=starts)
    first = later.values_list("valid", flat=True).first()
    if first is not None:
        message = f"the map changes on {first.lower} already; give a day from then on"
        raise Invalid(message, rule="LATER")


def _write(zone_map: ZoneMap, changes: Sequence[ZoneChange], starts: date) -> None:
    ended = [one.prefix for one in changes if one.kind in (CHANGED, ENDED)]
    rows = list(
        ZonePrefix.objects.filter(zone_map=zone_map, prefix__in=ended, valid__contains=starts)
    )
    same_day = [row.pk for row in rows if row.valid.lower == starts]
    ZonePrefix.objects.filter(pk__in=same_day).delete()
    closing = [row for row in rows if row.valid.lower < starts]
    for row in closing:
        row.valid = DateRange(row.valid.lower, starts, "[)")
    ZonePrefix.objects.bulk_update(closing, ["valid"], batch_size=1000)
    ZonePrefix.objects.bulk_create(
        [
            ZonePrefix(
                zone_map=zone_map,
                prefix=one.prefix,
                zone=one.after,
                valid=DateRange(starts, None, "[)"),
            )
            for one in changes
            if one.kind in (NEW, CHANGED)
        ],
        batch_size=1000,
    )
