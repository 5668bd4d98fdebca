"""Tell whether a database was made by the migrations that lie here.

Until the first release a room's first migration is rewritten, not followed by another. A
database made before would look migrated and fail at the first statement; so every migration is
stamped, with the guards it installs, in a comment on the table where Django keeps its own notes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunSQL
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from billing_site import devdb
from foundation.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent
NOTES = "django_migrations"


class CannotUseOlderDatabase(Refusal):
    """Refused: the tables were made by another version, and no way leads from there to here."""


@cache
def fingerprints() -> Mapping[str, str]:
    """Name the content of every migration of the rooms, with the SQL that it installs."""
    found: dict[str, str] = {}
    for room in settings.ROOMS:
        for path in sorted((ROOT / room / "migrations").glob("[0-9]*.py")):
            digest = hashlib.sha256(path.read_bytes())
            module = import_module(f"{room}.migrations.{path.stem}")
            for operation in module.Migration.operations:
                if isinstance(operation, RunSQL):
                    digest.update(repr((operation.sql, operation.reverse_sql)).encode())
            found[f"{_label(room)}.{path.stem}"] = digest.hexdigest()[:12]
    return found


def schema_digest() -> str:
    """Name the tables and guards of all rooms together."""
    return hashlib.sha256(json.dumps(fingerprints(), sort_keys=True).encode()).hexdigest()[:12]


def changed_since(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the applied migrations of the rooms that read otherwise here, or not at all."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    labels = {_label(room) for room in settings.ROOMS}
    applied = {f"{app}.{name}" for app, name in recorder.applied_migrations() if app in labels}
    stamped, here = _stamps(connection), fingerprints()
    return sorted(one for one in applied if stamped.get(one, "") != here.get(one))


def stamp(connection: BaseDatabaseWrapper) -> None:
    """Note what is about to be applied; before it is, so that a killed start is continued."""
    MigrationRecorder(connection).ensure_schema()
    text = sql.Literal(json.dumps(fingerprints(), sort_keys=True))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("comment on table {} is {}").format(sql.Identifier(NOTES), text))


def make_way(connection: BaseDatabaseWrapper, *, at: datetime) -> str:
    """Keep a development database of another version under a new name, and return the name.

    An empty one takes its place. `at` names the copy.
    Raises: CannotUseOlderDatabase where the database is not ours to rename, or is in use.
    """
    changed = ", ".join(changed_since(connection))
    cluster = devdb.development_cluster()
    name = str(connection.settings_dict["NAME"])
    if connection.settings_dict["HOST"] != str(cluster.socket_folder):
        raise CannotUseOlderDatabase(
            f"The database {name} was made by another version ({changed} changed), and before "
            "release 0.1 none is carried over: create an empty database and name it in "
            "DATABASE_URL, or go back to the version that made this one."
        )
    kept = f"{name}_older_{at:%Y%m%dT%H%M%S}"
    connections.close_all()
    try:
        cluster.set_aside(name, kept)
    except devdb.DatabaseUnavailable as error:
        raise CannotUseOlderDatabase(
            f"The development database was made by another version and must be set aside. {error}"
        ) from error
    return kept


def _stamps(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("select obj_description(%s::regclass, 'pg_class')", [NOTES])
        (text,) = cursor.fetchone()
    return json.loads(text) if text else {}


def _label(room: str) -> str:
    return "collections" if room == "collecting" else room
