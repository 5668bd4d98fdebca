"""Take each guard of docs/invariants.md away and see its attacking test fail: `make mutations`.

Each guard is taken from a copy of the test database, the test files that the page names run
against that copy until one test fails, and the guard is given back. A guard whose tests still pass
is reported: the tests do not prove it. ARGS may name guards (`'ledger_*'`); `--part 1/2` takes
every second one.
Takes a quarter of an hour over everything; not part of the checks of a change.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")

import django  # noqa: E402
import psycopg  # noqa: E402
import pytest  # noqa: E402

from billing_site.throwaway import Server, clone_name, server_url  # noqa: E402
from tests.mutation import NoSuchGuard, take_away  # noqa: E402

REPORTS = ROOT / "var" / "mutations"
NOT_SELECTED = 5
SHARED = ("append_only", "no_truncate", "history")  # guards of these endings are tested alike
GUARDS = """
    select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
    union all select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
    union all select tgenabled::text, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select proname, pg_get_functiondef(oid) from pg_proc
        where pronamespace = 'public'::regnamespace and prolang <> (
            select oid from pg_language where lanname = 'c')
"""


def listed() -> dict[str, set[str]]:
    """Read guards and their test files, in a process that has a migrated database."""
    target = REPORTS / "guards.txt"
    code = in_a_child(
        [str(ROOT / "tests" / "architecture" / "test_invariants.py"), "-k", "attacked", "-q"],
        {"BILLING_GUARDS_TO": str(target)},
        REPORTS / "guards.log",
    )
    if code:
        sys.exit(f"The guards could not be read: see {REPORTS / 'guards.log'}.")
    return {
        name: set(files)
        for name, *files in (line.split() for line in target.read_text().splitlines())
    }


def in_a_child(arguments: list[str], environment: dict[str, str], report: Path) -> int:
    """Run pytest in a child that has everything imported already; return its exit code."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 70
    try:
        handle = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.environ.update(environment)
        code = int(pytest.main([*arguments, "-p", "no:cacheprovider", "-p", "no:xdist"]))
    finally:
        os._exit(code)


def ways(guard: str, files: set[str]) -> Iterator[list[str]]:
    """Yield what to run, the likeliest first: the tests that name the guard, then all."""
    naming = [test for file in sorted(files) for test in tests_that_name(guard, file)]
    yield naming or ["-k", guard, *sorted(files)]
    yield sorted(files)


def tests_that_name(guard: str, file: str) -> Iterator[str]:
    """Yield the test functions of a file in whose text, decorators included, the guard stands."""
    text = (ROOT / file).read_text()
    words = [guard, *(ending for ending in SHARED if guard.endswith(ending))]
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            body = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
            if any(word in body for word in words):
                yield f"{file}::{node.name}"


class Copy:
    """One copy of the test database, from which a guard is taken and given back."""

    def __init__(self) -> None:
        self.server = Server(server_url())
        self.server.build_template()
        self.name = clone_name()
        self.server.clone(self.name)
        self.whole = self.seen()

    @contextlib.contextmanager
    def without(self, guard: str) -> Iterator[None]:
        """Take a guard away, and give it back; a copy that was made anew is thrown away."""
        with self.connect() as connection:
            back = take_away(connection, guard)
        try:
            yield
        finally:
            with self.connect() as connection, contextlib.suppress(psycopg.Error):
                for statement in back:
                    connection.execute(statement)  # type: ignore[call-overload]
            if self.seen() != self.whole:
                self.server.build_template()  # others may have thrown it away meanwhile
                self.server.clone(self.name)

    def seen(self) -> list[object]:
        """Return every guard of the copy."""
        with self.connect() as connection:
            return sorted(connection.execute(GUARDS).fetchall())

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url(self.name), autocommit=True)


def judge(copy: Copy, guard: str, files: set[str]) -> str:
    """Return "fails" when a test fails without the guard, "passes" or "error" otherwise."""
    report = REPORTS / f"{guard}.log"
    environment = {"BILLING_WITHOUT_GUARD": guard, "BILLING_MUTATED": copy.name}
    try:
        with copy.without(guard):
            for way in ways(guard, files):
                arguments = ["-x", "-q", "-p", "tests.mutation", "-m", "not browser", *way]
                code = in_a_child(arguments, environment, report)
                if code == 1:
                    text = report.read_text(errors="replace")
                    return "error" if " error in " in text else "fails"
                if code not in (0, NOT_SELECTED):
                    return "error"
    except (NoSuchGuard, psycopg.Error) as error:
        report.write_text(repr(error))
        return "error"
    return "passes"


def chosen(guards: dict[str, set[str]], patterns: list[str], part: str) -> Iterator[str]:
    """Yield the guards asked for."""
    number, _, of = part.partition("/")
    names = [
        name
        for name in sorted(guards)
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    yield from names[int(number) - 1 :: int(of or 1)]


def main() -> int:
    """Judge every guard; return 1 when a test passes without its guard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guards", nargs="*", help="names or patterns; all when none is given")
    parser.add_argument("--part", default="1/1", help="which part of how many")
    asked = parser.parse_args()
    os.chdir(ROOT)
    REPORTS.mkdir(parents=True, exist_ok=True)
    django.setup()
    for module in ("billing_site.urls", "hypothesis", "rest_framework.test", "tests.conftest"):
        import_module(module)  # once here, not in each of five hundred children
    guards = listed()
    copy = Copy()
    verdicts: dict[str, list[str]] = {"fails": [], "passes": [], "error": []}
    began = time.monotonic()
    for guard in chosen(guards, asked.guards, asked.part):
        verdict = judge(copy, guard, guards[guard])
        verdicts[verdict].append(guard)
        if verdict != "fails":
            print(f"{verdict:<7} {guard}: {' '.join(sorted(guards[guard]))}", flush=True)
    copy.server.drop(copy.name)
    total = sum(map(len, verdicts.values()))
    print(
        f"{total} guards taken away in {time.monotonic() - began:.0f} s: "
        f"tests of {len(verdicts['fails'])} fail, of {len(verdicts['passes'])} still pass, "
        f"{len(verdicts['error'])} could not be judged."
    )
    return 0 if total == len(verdicts["fails"]) else 1


if __name__ == "__main__":
    sys.exit(main())
