"""A migrated template database, built once, and private copies of it for tests and scenarios.

Cloning takes a fraction of a second where migrating takes many. Posted rows refuse TRUNCATE, so
a test that commits is followed by a fresh copy, not by a flush.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from billing_site import devdb, schema
from foundation.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES_KEPT = 12
PREFIXES = ("test", "scenario")
BUILD_LOCK = 7_215_001
HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]


@contextlib.contextmanager
def throwaway_database() -> Iterator[None]:
    """Let Django work on a copy of its own, which is dropped at the end.

    Raises: Refusal when the server does not let us create databases.
    """
    server = Server(server_url())
    name = clone_name("scenario")
    before = dict(connections.settings["default"])
    try:
        server.build_template()
        server.clone(name)
    except psycopg.errors.InsufficientPrivilege as error:
        message = "the database user may not create databases (CREATEDB)"
        raise Refusal(message, rule="THROWAWAY") from error
    server.point_django_at(name)
    try:
        yield
    finally:
        server.drop(name)
        point_django(before)


def point_django(entry: dict[str, Any]) -> None:
    """Let Django's default connection, and every child process, use this database."""
    connections.close_all()
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    chosen = {key: entry[key] for key in keys}
    connections.settings["default"].update(chosen)
    connections["default"].settings_dict.update(chosen)


def server_url() -> str:
    """Return the URL of the server for tests, started here unless DATABASE_URL names one."""
    return settings.DATABASE_URL or devdb.testing_cluster().ensure("postgres")


def template_digest() -> str:
    """Name everything that a migrated database is made from, other people's apps included."""
    digest = hashlib.sha256(schema.schema_digest().encode())
    digest.update(repr(settings.INSTALLED_APPS).encode())
    digest.update((ROOT / "requirements" / "lock.txt").read_bytes())
    return digest.hexdigest()[:12]


def clone_name(prefix: str = "test") -> str:
    """Name a copy after this process, so that leftovers of dead ones can be told."""
    return f"{prefix}_{HOST}_{os.getpid()}_{int(psutil.Process().create_time())}"


def is_leftover(name: str) -> bool:
    """Tell whether a copy was made on this host by a process that lives no more."""
    _, host, pid, started = name.split("_")
    if host != HOST:
        return False
    try:
        return int(psutil.Process(int(pid)).create_time()) != int(started)
    except psutil.NoSuchProcess:
        return True


class Server:
    """The maintenance connection to the test server, and what is done over it."""

    def __init__(self, url: str) -> None:
        self.settings = devdb.connection_settings(url)
        self.template = f"tmpl_{template_digest()}"

    @contextlib.contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """Open a connection of its own to the maintenance database."""
        parts = self.settings
        with psycopg.connect(
            dbname="postgres",
            user=parts["USER"] or None,
            password=parts["PASSWORD"] or None,
            host=parts["HOST"] or None,
            port=parts["PORT"] or None,
            autocommit=True,
        ) as connection:
            yield connection

    def point_django_at(self, name: str) -> None:
        """Let Django's default connection, and every child process, use this database."""
        point_django({**self.settings, "NAME": name})

    def url(self, name: str) -> str:
        """Return a URL that a child process can be given."""
        parts = self.settings
        who = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
        port = f"&port={parts['PORT']}" if parts["PORT"] else ""
        return f"postgresql://{who}@/{name}?host={parts['HOST']}{port}"

    def build_template(self) -> None:
        """Migrate a database once per schema; whoever comes meanwhile waits and finds it done."""
        with self.connect() as connection:
            connection.execute("select pg_advisory_lock(%s)", [BUILD_LOCK])
            names = self._databases(connection, "tmpl_%")
            if self.template not in names:
                unfinished = f"{self.template}_unfinished"
                connection.execute(f'drop database if exists "{unfinished}" with (force)')
                connection.execute(f'create database "{unfinished}"')
                self.point_django_at(unfinished)
                call_command("migrate", verbosity=0, interactive=False)
                connections.close_all()
                connection.execute(f'alter database "{unfinished}" rename to "{self.template}"')
                for old in names[TEMPLATES_KEPT - 1 :]:
                    connection.execute(f'drop database if exists "{old}" with (force)')
            for prefix in PREFIXES:
                for name in self._databases(connection, f"{prefix}_%"):
                    if name.count("_") == 3 and is_leftover(name):
                        connection.execute(f'drop database if exists "{name}" with (force)')

    def clone(self, name: str) -> None:
        """Make the database anew from the template; whatever was connected to it is cut off."""
        connections.close_all()
        with self.connect() as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')
            for attempt in range(20):
                try:
                    connection.execute(f'create database "{name}" template "{self.template}"')
                except psycopg.errors.ObjectInUse:
                    # Another copy is being taken, or autovacuum is looking in.
                    if attempt == 19:
                        raise
                    time.sleep(0.2)
                else:
                    return

    def has(self, name: str) -> bool:
        """Tell whether there is a database of this name."""
        with self.connect() as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name])
            return found.fetchone() is not None

    def drop(self, name: str) -> None:
        """Remove the copy at the end of the run."""
        connections.close_all()
        with self.connect() as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')

    @staticmethod
    def _databases(connection: psycopg.Connection[Any], pattern: str) -> list[str]:
        rows = connection.execute(
            "select datname from pg_database where datname like %s order by oid desc", [pattern]
        )
        return [row[0] for row in rows]
