"""What the catalogs of the migrated database and docs/invariants.md say about guards."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from django.apps import apps
from django.db import connection

from tests.architecture.house import ROOMS, ROOT

PAGE = ROOT / "docs" / "invariants.md"
GUARDS = """
    select constraint_.conname, table_.relname, null as proname
    from pg_constraint constraint_ join pg_class table_ on table_.oid = constraint_.conrelid
    where constraint_.contype in ('c', 'x', 'u', 't') and not table_.relispartition
    union
    select index_.relname, table_.relname, null
    from pg_index join pg_class index_ on index_.oid = indexrelid
    join pg_class table_ on table_.oid = indrelid
    where indisunique and not indisprimary and not table_.relispartition
    union
    select tgname, table_.relname, proname
    from pg_trigger join pg_proc on pg_proc.oid = tgfoid
    join pg_class table_ on table_.oid = tgrelid
    where not tgisinternal and not table_.relispartition
"""
NAMES = """
    select relname from pg_class union select proname from pg_proc
    union select conname from pg_constraint union select tgname from pg_trigger
"""
# Django's own names for what a positive number may be, and for the pairs of a many-to-many.
OF_A_COLUMN = re.compile(r"(_check|_[0-9a-f]{8}_uniq)$")


class Line(NamedTuple):
    """A line of the page: the invariant, the database objects that hold it, attacking tests."""

    invariant: str
    objects: list[str]
    tests: list[str]


def tables_of_the_house() -> set[str]:
    """List the tables of our rooms, those that only SQL knows included."""
    labels = {
        config.label for config in apps.get_app_configs() if config.name.split(".")[0] in ROOMS
    }
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind in ('r', 'p')")
        return {name for (name,) in cursor.fetchall() if name.split("_")[0] in labels}


def lines() -> list[Line]:
    """Read the page; one answer per line of a table."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in {"invariant", "---"}:
            names = re.findall(r"`([^`]+)`", cells[1])
            found.append(Line(cells[0], names, re.findall(r"`([^`]+)`", cells[2])))
    return found


def objects_on_the_page() -> tuple[set[str], list[str]]:
    """Return the objects named in full, and the endings that stand for many."""
    listed = [name for line in lines() for name in line.objects]
    return {name for name in listed if "*" not in name}, [name for name in listed if "*" in name]


def guards() -> list[tuple[str, str, str | None]]:
    """Return every guard of our tables: its name, its table, the function of a trigger."""
    ours = tables_of_the_house()
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        return [
            (name, table, function)
            for name, table, function in cursor.fetchall()
            if table in ours and not OF_A_COLUMN.search(name)
        ]


def refusals() -> dict[str, set[str]]:
    """Give the names under which functions refuse, by function."""
    with connection.cursor() as cursor:
        cursor.execute("select proname, prosrc from pg_proc where prosrc like '%%refuse(%%'")
        return {
            function: set(re.findall(r"refuse\(\s*'[^']*',\s*'(\w+)'", source))
            for function, source in cursor.fetchall()
        }


def names_of_the_database() -> set[str]:
    """Return every name that the page may use."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        known = {name for (name,) in cursor.fetchall()}
    known |= {name for names in refusals().values() for name in names}
    return known | {f"{table}_is_append_only" for table in triggers_named("append_only")}


def triggers_named(ending: str) -> dict[str, dict[str, object]]:
    """Describe the triggers whose name ends so, by table: function, mode, bits of their events."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select relname, proname, tgenabled, tgtype from pg_trigger
            join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
            where not tgisinternal and tgname like %s and not relispartition
            """,
            [f"%\\_{ending}"],
        )
        found = cursor.fetchall()
    return {
        table: {"function": function, "mode": mode, "events": bits}
        for table, function, mode, bits in found
        if table in tables_of_the_house()
    }


def tables_on_the_page(ending: str) -> set[str]:
    """Return the tables whose guard of this ending is named in full on the page."""
    plain, _ = objects_on_the_page()
    tables = {name.removesuffix(f"_{ending}") for name in plain if name.endswith(f"_{ending}")}
    return {table for table in tables if not table.endswith("_is")}  # a refusal's name, no trigger


def attacks() -> dict[str, set[str]]:
    """Map every guard that the page names, or that an ending stands for, to its test files."""
    known = {name for name, _, _ in guards()} | names_of_refusals()
    relations = tables_of_the_house() | {"auth_user_groups"}
    found: dict[str, set[str]] = {}
    for line in lines():
        files = {test.split("::")[0] for test in line.tests}
        for name in line.objects:
            if "*" not in name and name not in relations and not name.endswith("_is_append_only"):
                found.setdefault(name, set()).update(files)
    for line in lines():
        for pattern in line.objects:
            if "*" in pattern:
                for name in known:
                    if fnmatchcase(name, pattern):
                        found.setdefault(name, set()).update(line.tests)
    return found


def names_of_refusals() -> set[str]:
    return {name for names in refusals().values() for name in names}
