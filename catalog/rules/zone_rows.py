"""A file of prefixes against the zone map: what begins, changes and ends from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from catalog.rules.zones import MOST_DIGITS, dialled
from foundation.parsing import BadValue, code_text
from foundation.tabular import Line, RowProblem

REQUIRED: Final = ("prefix", "zone")
OPTIONAL: Final = ("name",)
NEW, CHANGED, ENDED, UNCHANGED = "NEW", "CHANGED", "ENDED", "UNCHANGED"
_DIGITS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*#")


class ZoneRow(NamedTuple):
    """A prefix of a file: the row it stands in, as it is dialled, and its zone."""

    row: int
    prefix: str
    zone: str


class ZoneChange(NamedTuple):
    """What a file does to a prefix; `before` and `after` are zones, "" for none."""

    kind: str
    prefix: str
    before: str
    after: str


def read_zones(lines: Iterable[Line]) -> tuple[list[ZoneRow], list[RowProblem]]:
    """Read the rows; a prefix given twice is refused where it comes again."""
    rows: list[ZoneRow] = []
    problems: list[RowProblem] = []
    seen: dict[str, int] = {}
    for line in lines:
        prefix, zone = dialled(line.values["prefix"]), line.values["zone"]
        if not 0 < len(prefix) <= MOST_DIGITS or not set(prefix) <= _DIGITS:
            problems.append(_bad(line, "prefix", "PREFIX", "1 to 16 digits, capitals, * or #"))
            continue
        if prefix in seen:
            message = f"the prefix stands in row {seen[prefix]} already"
            problems.append(_bad(line, "prefix", "TWICE", message))
            continue
        try:
            zone = code_text(zone, 32)
        except BadValue as bad:
            problems.append(_bad(line, "zone", bad.rule, bad.message))
            continue
        seen[prefix] = line.number
        rows.append(ZoneRow(line.number, prefix, zone))
    return rows, problems


def compare_zones(
    rows: Sequence[ZoneRow], standing: Mapping[str, str], kept: Iterable[str] = ()
) -> list[ZoneChange]:
    """Compare a file, the whole map from its day on, with the zones that stand on that day.

    What the file does not name ends, but for the prefixes `kept`: those of rows that could not be
    read, which change nothing.
    """
    changes = []
    for one in rows:
        before = standing.get(one.prefix, "")
        kind = NEW if not before else UNCHANGED if before == one.zone else CHANGED
        changes.append(ZoneChange(kind, one.prefix, before, one.zone))
    named = {one.prefix for one in rows} | set(kept)
    changes += [
        ZoneChange(ENDED, prefix, zone, "")
        for prefix, zone in sorted(standing.items())
        if prefix not in named
    ]
    return changes


def _bad(line: Line, column: str, rule: str, message: str) -> RowProblem:
    return RowProblem(line.number, column, line.values[column], rule, message)
