"""A database made by another version: kept aside where it is ours, refused where it is not.

The older database is a real one: a copy of the project whose first migration reads otherwise
made it, as the version before a rewrite did.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from billing_site import devdb, schema
from billing_site.throwaway import Server, clone_name, server_url
from tests.architecture.house import ROOT


def manage(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, str(root / "manage.py"), *arguments],
        env={**inherited, "DEBUG": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project as it was before its first migration was rewritten."""
    root = tmp_path_factory.mktemp("older") / "billing"
    root.mkdir()
    for name in ("manage.py", "pyproject.toml", "requirements", "templates", "static", "docs"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    for room in settings.ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    first = root / "audit" / "migrations" / "0001_initial.py"
    text = first.read_text()
    first.write_text(re.sub(r"max_length=(\d+)", r"max_length=1\1", text, count=1))
    assert first.read_text() != text
    return root


@pytest.fixture
def empty_database() -> Iterator[str]:
    server = Server(server_url())
    name = clone_name("scenario")
    with server.connect() as maintenance:
        maintenance.execute(f'create database "{name}"')
    yield server.url(name)
    server.drop(name)


@pytest.mark.django_db
def test_a_migrated_database_bears_the_stamp_of_each_migration() -> None:
    assert schema.changed_since(connection) == []
    with connection.cursor() as cursor:
        cursor.execute("select obj_description('django_migrations'::regclass, 'pg_class')")
        assert '"payments.0001_initial"' in cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_database_without_stamps_or_with_another_is_told(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("comment on table django_migrations is '{}'")
        assert schema.changed_since(connection) == sorted(schema.fingerprints())
        cursor.execute("comment on table django_migrations is null")
        assert schema.changed_since(connection) == sorted(schema.fingerprints())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "tables of another version"


def test_a_guard_that_reads_otherwise_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from payments.migrations import __name__ as folder

    before = dict(schema.fingerprints())
    operation = sys.modules[f"{folder}.0002_guards"].Migration.operations[0]
    monkeypatch.setattr(operation, "sql", operation.sql + "\n-- another")
    schema.fingerprints.cache_clear()
    changed = {one for one, now in schema.fingerprints().items() if before[one] != now}
    schema.fingerprints.cache_clear()
    assert changed == {"payments.0002_guards"}


def test_a_server_of_ones_own_is_refused_with_one_sentence(
    older: Path, empty_database: str
) -> None:
    made = manage(older, "migrate", "audit", "-v0", DATABASE_URL=empty_database)
    assert made.returncode == 0, made.stderr
    for command in (["migrate"], ["serve", "--port", "0"], ["demo", "--no-serve"]):
        refused = manage(
            ROOT,
            *command,
            DATABASE_URL=empty_database,
            BILLING_VAR_DIR=str(older.parent),
        )
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert "audit.0001_initial" in refused.stderr
        assert "create an empty database and name it in DATABASE_URL" in refused.stderr
    away = manage(ROOT, "migrate", DATABASE_URL=empty_database.replace("scenario_", "no_such_"))
    assert away.returncode == 1
    assert "does not answer" in away.stderr
    assert "Traceback" not in away.stderr


@pytest.mark.alone
def test_the_development_database_is_kept_aside_and_made_anew(
    older: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_VAR_DIR", str(tmp_path))
    cluster = devdb.development_cluster()
    try:
        assert manage(older, "migrate", "audit", "-v0").returncode == 0
        with psycopg.connect(cluster.url(), autocommit=True) as connected:
            connected.execute("insert into auth_group (name) values ('of old')")
            busy = manage(ROOT, "migrate", "audit", "-v0")
            assert busy.returncode == 1
            assert "run `make stop`" in busy.stderr
        anew = manage(ROOT, "migrate", "audit", "-v0")
        assert anew.returncode == 0, anew.stderr
        (kept,) = re.findall(r"it is kept as (billing_older_\w+), ", anew.stdout)
        with psycopg.connect(cluster.url(kept)) as connected:
            assert connected.execute("select name from auth_group").fetchall() == [("of old",)]
        with psycopg.connect(cluster.url()) as connected:
            assert connected.execute("select count(*) from audit_change").fetchone() == (0,)
        again = manage(ROOT, "migrate", "audit", "-v0")
        assert (again.returncode, again.stdout) == (0, "")
    finally:
        cluster.stop()
        shutil.rmtree(cluster.root, ignore_errors=True)
