"""Attack a guard with raw SQL, and say which guard held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction


def raw(statement: str, *binds: Any) -> None:
    """Execute a statement as somebody with psql would."""
    with connection.cursor() as cursor:
        cursor.execute(statement, binds)


def refused_by(statement: str, *binds: Any) -> str:
    """Return the constraint or trigger guard that refuses the statement; fail if none does."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        raw(statement, *binds)
    diagnosis: Any = getattr(refusal.value.__cause__, "diag", None)
    return str(diagnosis.constraint_name)


def unguard(table: str) -> None:
    """Take the guards of a table away, to show that a check finds what they would have stopped."""
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def rows(statement: str, *binds: Any) -> list[tuple[Any, ...]]:
    """Return what a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, binds)
        return cursor.fetchall()


@contextmanager
def stripped(table: str, *, keeping: str) -> Iterator[None]:
    """Take from a table, for a while, whatever could refuse a row, but for one trigger.

    A row may then hold nothing but its key, and what refuses an attack is that trigger alone.
    """
    with transaction.atomic():
        raw("SET CONSTRAINTS ALL IMMEDIATE")
        for constraint, owner in rows(
            "select quote_ident(conname), conrelid::regclass::text from pg_constraint "
            "where contype = 'f' and %s::regclass in (conrelid, confrelid) "
            "or contype in ('c', 'x') and conrelid = %s::regclass",
            table, table,
        ):  # fmt: skip
            raw(f"ALTER TABLE {owner} DROP CONSTRAINT {constraint}")
        for (trigger,) in rows(
            "select quote_ident(tgname) from pg_trigger "
            "where tgrelid = %s::regclass and not tgisinternal and tgname <> %s",
            table, keeping,
        ):  # fmt: skip
            raw(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        for (column,) in rows(
            "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass "
            "and attnum > 0 and attnotnull and not attisdropped and attnum <> all ("
            "select unnest(indkey::int2[]) from pg_index "
            "where indisprimary and indrelid = attrelid)",
            table,
        ):  # fmt: skip
            raw(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
        yield
        transaction.set_rollback(True)


@contextmanager
def copied(table: str, guard: str) -> Iterator[str]:
    """Give an empty copy of a table that has this one constraint of it and no other."""
    with transaction.atomic():
        raw(f"CREATE TEMPORARY TABLE copy_of_it ON COMMIT DROP AS SELECT * FROM {table} LIMIT 0")
        found = rows(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conname = %s and conrelid = %s::regclass",
            guard, table,
        )  # fmt: skip
        assert found, f"{table} has no {guard}"
        raw(f"ALTER TABLE copy_of_it ADD CONSTRAINT {guard} {found[0][0]}")
        yield "copy_of_it"
        transaction.set_rollback(True)


def key_of(table: str) -> str:
    """Return the column of a table's primary key."""
    return str(
        rows(
            "select attname from pg_index join pg_attribute on attrelid = indrelid "
            "and attnum = indkey[0] where indisprimary and indrelid = %s::regclass",
            table,
        )[0][0]
    )
