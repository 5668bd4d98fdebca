"""A pytest plugin: every copy of the test database lacks the guard named by BILLING_WITHOUT_GUARD.

For `scripts/guard_mutations.py`, which shows that each attacking test fails without its guard. The
script keeps one copy, BILLING_MUTATED, takes the guard from it and gives it back; tests that
commit take copies anew, which lack the guard too.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import psycopg
from psycopg import sql

from billing_site.throwaway import Server

CONSTRAINTS = """
    select conrelid::regclass::text, 'alter table ' || conrelid::regclass || ' add constraint '
        || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where conname = %s and contype <> 't' and conparentid = 0
"""
INDEXES = """
    select oid::regclass::text, pg_get_indexdef(oid)
    from pg_class where relname = %s and relkind in ('i', 'I')
"""
TRIGGERS = """
    select tgrelid::regclass::text, pg_get_triggerdef(oid) || case tgenabled when 'A'
        then '; alter table ' || tgrelid::regclass || ' enable always trigger '
        || quote_ident(tgname) else '' end
    from pg_trigger where tgname = %s and not tgisinternal and tgparentid = 0
"""
FUNCTIONS = """
    select oid::regprocedure::text, prorettype::regtype::text, pg_get_functiondef(oid)
    from pg_proc where proname = %s
"""
REFUSE = """
    create or replace function refuse(rule text, guard text, message text) returns void
    language plpgsql as $$
    begin
        if guard = {guard} then return; end if;
        raise exception using errcode = 'integrity_constraint_violation', constraint = guard,
            hint = rule, message = message;
    end $$
"""


class NoSuchGuard(Exception):
    """Nothing of this name can be taken away."""


def take_away(connection: psycopg.Connection[Any], guard: str) -> list[str]:
    """Remove a constraint, a unique index or a trigger; make a function or a refusal harmless.

    Return the statements that give it back.
    """
    name = sql.Identifier(guard)
    back: list[str] = []
    for query, statement in (
        (TRIGGERS, "drop trigger {name} on {{}}"),
        (CONSTRAINTS, "alter table {{}} drop constraint {name}"),
        (INDEXES, "drop index {{}}"),
    ):
        for owner, definition in connection.execute(query, [guard]).fetchall():
            text = statement.format(name=name.as_string(connection)).format(owner)
            connection.execute(text)  # type: ignore[call-overload]
            back.append(definition)
    for owner, returns, definition in connection.execute(FUNCTIONS, [guard]).fetchall():
        _make_harmless(connection, owner, returns, definition)
        back.append(definition)
    if (
        not back
        and connection.execute(
            "select 1 from pg_proc where prosrc like %s", [f"%'{guard}'%"]
        ).fetchone()
    ):
        back += [one[2] for one in connection.execute(FUNCTIONS, ["refuse"]).fetchall()]
        connection.execute(sql.SQL(REFUSE).format(guard=sql.Literal(guard)))
    if not back:
        raise NoSuchGuard(guard)
    return back


def _make_harmless(
    connection: psycopg.Connection[Any], owner: str, returns: str, definition: str
) -> None:
    head = definition[: definition.index("\n", definition.index("RETURNS")) + 1]
    if returns == "trigger":
        body = "language plpgsql as $$ begin return coalesce(new, old); end $$"
    elif returns == "boolean":
        body = "language sql immutable parallel safe return true"
    elif returns == "void":
        body = "language plpgsql as $$ begin end $$"
    else:
        body = f"language sql immutable parallel safe return 0::{returns}"
    connection.execute(head + body)  # type: ignore[call-overload]


class Mutated(Server):
    """The test server as a test sees it whose guard is taken away."""

    taken = False

    def clone(self, name: str) -> None:
        """Take the copy that lacks the guard; for a test that commits, a copy anew."""
        if Mutated.taken:
            super().build_template()
            self.point_django_at(name)
            super().clone(name)
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                take_away(connection, os.environ["BILLING_WITHOUT_GUARD"])
        Mutated.taken = True

    def build_template(self) -> None:
        """Leave the template: it was built before the guard was taken away."""

    def drop(self, name: str) -> None:
        """Leave the copy: the guard is given back to it."""


def pytest_configure() -> None:
    """Let conftest stand on the copy that the script keeps."""
    conftest: Any = sys.modules["tests.conftest"]
    conftest.Server, conftest.clone_name = Mutated, lambda: os.environ["BILLING_MUTATED"]
