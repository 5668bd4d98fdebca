"""Every class of bad file and bad row, for every kind of file, has one verdict and harms nothing.

The verdicts are those of docs/formats/bad-files.md, cell by cell. A file or row that is refused
leaves its record and nothing else; sound rows are taken as if the bad ones were not there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from foundation.verdicts import visible
from rating.rules import scanning
from tests.doors.bad_files import CSV, XLSX
from tests.doors.bad_rows import ROWS
from tests.doors.bad_sendings import SENDINGS
from tests.doors.file_kinds import KINDS, Kind, Row, Told, Verdict, World, as_csv, counts

PAGE = Path(settings.BASE_DIR) / "docs" / "formats" / "bad-files.md"
NONE = "–"

FILES = {
    name: make for group in (CSV, XLSX) for part in group.values() for name, make in part.items()
}
SPOILT = {name: change for part in ROWS.values() for name, change in part.items()}
SENT = {name: send for part in SENDINGS.values() for name, send in part.items()}
by_name = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@cache
def page() -> dict[str, dict[str, str]]:
    """Return the verdicts of the page: by class, then by kind."""
    found: dict[str, dict[str, str]] = {}
    kinds = [kind.name for kind in KINDS]
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("| ") or cells[1:] == kinds or len(cells) != len(kinds) + 1:
            continue
        assert cells[0] not in found, f"{cells[0]} twice"
        found[cells[0]] = dict(zip(kinds, cells[1:], strict=True))
    return found


def whole(told: Told) -> str:
    row, rule, column, _ = told
    return " ".join(filter(None, ["file", f"`{rule}`", f"row {row}" if row else "", column]))


def said(problems: Sequence[Told], *, with_rows: bool = False) -> str:
    return ", ".join(
        " ".join(filter(None, [f"`{rule}`", f"row {row}" if with_rows else "", column]))
        for row, rule, column, _ in problems
    )


# -- Files that fall as a whole, or pass -------------------------------------------------------
def cell_of(verdict: Verdict) -> str:
    """Write a verdict on a file as the page does."""
    if verdict.whole is not None:
        return whole(verdict.whole)
    if verdict.told:
        assert {row for row, *_ in verdict.told} == {3}
        return said(verdict.told)
    return "taken" if verdict.taken else "taken, no rows"


@by_name
@pytest.mark.parametrize("name", FILES)
def test_a_bad_file(world: World, kind: Kind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_ROWS", 100_000)
    verdict = kind.send(world, *FILES[name](kind))
    cell = cell_of(verdict)
    assert cell == page()[name][kind.name]
    if verdict.taken == 0:
        assert counts() == world.counts
    else:
        assert verdict.taken == (2 if verdict.told and name != "an empty line between" else 3)


# -- Rows among sound ones ---------------------------------------------------------------------
def spoilt_rows(kind: Kind, world: World) -> dict[str, Row]:
    found = {name: change(kind, world) for name, change in SPOILT.items()}
    return {name: change for name, change in found.items() if change is not None}


@by_name
def test_bad_rows_among_sound_ones(world: World, kind: Kind) -> None:
    """Send a file of all bad rows between two sound ones; then the sound ones alone."""
    changes = spoilt_rows(kind, world)
    wanted = {name: page()[name][kind.name] for name in SPOILT}
    assert {name for name in wanted if wanted[name].startswith(NONE)} == set(SPOILT) - set(changes)
    with transaction.atomic():
        verdict = kind.send(world, as_csv(kind.table(*changes.values())), "a.csv")
        after = counts()
        transaction.set_rollback(True)
    told = {row: [one for one in verdict.told if one[0] == row] for row, *_ in verdict.told}
    found = {name: said(told.get(row, [])) or "taken" for row, name in enumerate(changes, 3)}
    assert found == {name: wanted[name] for name in changes}
    for row, change in enumerate(changes.values(), 3):
        for _, _, column, value in told.get(row, []):
            if column in change and column != "charge":
                assert value == visible(change[column].strip(" \t"))
    sound = [change for name, change in changes.items() if wanted[name] == "taken"]
    assert verdict.taken == (0 if kind.is_whole else len(sound) + 2)
    if kind.is_whole:
        assert after == world.counts
    alone = kind.send(world, as_csv(kind.table(*sound)), "b.csv")
    assert (alone.taken, alone.told) == (len(sound) + 2, ())
    assert kind.is_whole or counts() == after


# -- Files sent again, by others, and rows that do not fit together ----------------------------
def account_of(verdict: Verdict) -> str:
    """Write what came of every row as the page does."""
    if verdict.whole is not None:
        return whole(verdict.whole)
    parts = [
        f"{verdict.taken} taken" if verdict.taken else "",
        f"{verdict.duplicates} known" if verdict.duplicates else "",
        said(verdict.told, with_rows=True),
    ]
    return ", ".join(filter(None, parts))


@by_name
@pytest.mark.parametrize("name", SENT)
def test_a_bad_sending(
    world: World, kind: Kind, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verdict = SENT[name](kind, world, monkeypatch, tmp_path)
    cell = page()[name][kind.name]
    if verdict is None:
        assert cell.startswith(f"{NONE} ")
    else:
        assert account_of(verdict) == cell


def test_the_page_names_every_class_and_no_other() -> None:
    assert set(page()) == set(FILES) | set(SPOILT) | set(SENT)


def test_every_dash_says_why() -> None:
    cells = [cell for row in page().values() for cell in row.values()]
    assert not [cell for cell in cells if NONE in cell and not re.match(r"– [a-z]", cell)]
