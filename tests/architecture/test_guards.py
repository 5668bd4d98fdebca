"""Every guard of the migrated database stands in docs/invariants.md; every line is true."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

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
# Django's own names for a column's unique=True and for what a positive number may be.
OF_A_COLUMN = re.compile(r"(_key|_uniq|_check|_pkey|_like)$")


def tables_of_the_house() -> set[str]:
    """List the tables of our rooms, those that only SQL knows included."""
    labels = {
        config.label for config in apps.get_app_configs() if config.name.split(".")[0] in ROOMS
    }
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind in ('r', 'p')")
        return {name for (name,) in cursor.fetchall() if name.split("_")[0] in labels}


def rows() -> list[tuple[str, list[str], list[str]]]:
    """Read the page: invariant, database objects, tests; one triple per line of a table."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in {"invariant", "---"}:
            names = re.findall(r"`([^`]+)`", cells[1])
            found.append((cells[0], names, re.findall(r"`([^`]+)`", cells[2])))
    return found


@pytest.mark.django_db
def test_every_guard_of_the_database_is_on_the_page() -> None:
    listed = [name for _, names, _ in rows() for name in names]
    plain = {name for name in listed if "*" not in name}
    patterns = [name for name in listed if "*" in name]
    ours = tables_of_the_house()
    with connection.cursor() as cursor:
        cursor.execute(GUARDS)
        guards = [row for row in cursor.fetchall() if row[1] in ours]
    refused = refusals()
    missing = sorted(
        f"{table}: {name}"
        for name, table, function in guards
        if not OF_A_COLUMN.search(name)
        and name not in plain
        and not (refused.get(function) and refused[function] <= plain)
        and not any(fnmatchcase(name, pattern) for pattern in patterns)
    )
    assert not missing, "\n".join(missing)


def refusals() -> dict[str, set[str]]:
    """Give the names under which trigger functions refuse, by function."""
    with connection.cursor() as cursor:
        cursor.execute("select proname, prosrc from pg_proc where prorettype = 'trigger'::regtype")
        return {
            function: set(re.findall(r"refuse\(\s*'[^']*',\s*'(\w+)'", source))
            for function, source in cursor.fetchall()
        }


@pytest.mark.django_db
def test_every_object_on_the_page_is_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        known = {name for (name,) in cursor.fetchall()}
    known |= {name for names in refusals().values() for name in names}
    known |= {f"{table}_is_append_only" for table in triggers_named("append_only")}
    gone = sorted(
        f"{invariant}: {name}"
        for invariant, names, _ in rows()
        for name in names
        if not any(fnmatchcase(existing, name) for existing in known)
    )
    assert not gone, "\n".join(gone)


def test_every_line_names_its_object_and_an_attacking_test_that_exists() -> None:
    poor = []
    for invariant, names, tests in rows():
        files = [test.split("::")[0] for test in tests]
        if not names or not files or not all((ROOT / file).is_file() for file in files):
            poor.append(invariant)
    assert not poor, "\n".join(poor)


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


# Bits of pg_trigger.tgtype.
ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE = 1, 2, 4, 8, 16, 32


@pytest.mark.django_db
def test_every_table_that_only_grows_refuses_update_and_deletion_in_any_session() -> None:
    guards = triggers_named("append_only")
    assert "ledger_journalline" in guards
    expected = {
        "function": "refuse_change",
        "mode": "A",
        "events": ROW | BEFORE | UPDATE | DELETE,
    }
    assert {table for table, guard in guards.items() if guard != expected} == set()
    assert not guards.keys() - triggers_named("no_truncate").keys()


@pytest.mark.django_db
def test_every_table_that_must_not_be_emptied_refuses_truncate() -> None:
    tables = triggers_named("no_truncate")
    assert "audit_change" in tables
    emptied = []
    for table in sorted(tables):
        for mode in ("origin", "replica"):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"set local session_replication_role = {mode}")
                    cursor.execute(f'truncate "{table}" cascade')
            except DatabaseError:
                continue
            emptied.append(f"{table} as {mode}")
    assert not emptied


@pytest.mark.django_db
def test_every_change_of_a_table_with_history_is_recorded_in_any_session() -> None:
    guards = triggers_named("history")
    assert "customers_account" in guards
    expected = {
        "function": "audit_record_change",
        "mode": "A",
        "events": ROW | INSERT | UPDATE | DELETE,
    }
    assert {table for table, guard in guards.items() if guard != expected} == set()


@pytest.mark.django_db
def test_every_check_of_an_amount_asks_for_whole_minor_units_and_refuses_nan() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select conname, pg_get_constraintdef(oid) from pg_constraint
            where contype = 'c' and (conname like %s or conname like %s)
            """,
            ["%\\_is\\_money", "%\\_is\\_number"],
        )
        checks = dict(cursor.fetchall())
        cursor.execute("select is_money('NaN', 'EUR'), is_money(1.005, 'EUR'), is_number('NaN')")
        assert cursor.fetchone() == (False, False, False)
    assert checks
    empty = [
        name
        for name, text in checks.items()
        if ("is_money(" if name.endswith("_is_money") else "is_number(") not in text
        and "'NaN'" not in text
    ]
    assert not empty
