"""A pytest plugin: every copy of the test database lacks the guard named by BILLING_WITHOUT_GUARD.

For `scripts/guard_mutations.py`, which shows that each attacking test fails without its guard.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg import sql

from tests.conftest import Server  # type: ignore[attr-defined]

GUARD = os.environ["BILLING_WITHOUT_GUARD"]
CONSTRAINTS = """
    select conrelid::regclass::text from pg_constraint
    where conname = %s and contype <> 't' and conparentid = 0
"""
INDEXES = "select oid::regclass::text from pg_class where relname = %s and relkind in ('i', 'I')"
TRIGGERS = """
    select tgrelid::regclass::text from pg_trigger
    where tgname = %s and not tgisinternal and tgparentid = 0
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


def take_away(connection: psycopg.Connection[Any], guard: str) -> None:
    """Remove a constraint, a unique index or a trigger; make a function or a refusal harmless."""
    name = sql.Identifier(guard)
    removed = 0
    for query, statement in (
        (TRIGGERS, "drop trigger {name} on {{}}"),
        (CONSTRAINTS, "alter table {{}} drop constraint {name}"),
        (INDEXES, "drop index {{}}"),
    ):
        for (owner,) in connection.execute(query, [guard]).fetchall():
            text = statement.format(name=name.as_string(connection)).format(owner)
            connection.execute(text)  # type: ignore[call-overload]
            removed += 1
    for owner, returns, definition in connection.execute(FUNCTIONS, [guard]).fetchall():
        _make_harmless(connection, owner, returns, definition)
        removed += 1
    if (
        not removed
        and connection.execute(
            "select 1 from pg_proc where prosrc like %s", [f"%'{guard}'%"]
        ).fetchone()
    ):
        connection.execute(sql.SQL(REFUSE).format(guard=sql.Literal(guard)))
        removed += 1
    if not removed:
        raise NoSuchGuard(guard)


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


def _clone_without(server: Server, name: str) -> None:
    CLONE(server, name)
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        take_away(connection, GUARD)


CLONE = Server.clone
Server.clone = _clone_without  # type: ignore[assignment, method-assign]
