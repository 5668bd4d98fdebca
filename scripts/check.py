"""Run every check of the house that is not a test; `check.py lint types` runs only those."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
TOOLS = Path(PYTHON).parent
NOWHERE = "postgresql://check@127.0.0.1:1/none"  # checks that must not need a server get this one

PAGES = [
    str(page.relative_to(ROOT))
    for pattern in ("templates/**/*.html", "*/templates/**/*.html")
    for page in sorted(ROOT.glob(pattern))
]

CHECKS: dict[str, list[str]] = {
    # The longest first: two run at a time.
    "types": [PYTHON, "-m", "mypy", "--no-error-summary", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "imports": [str(TOOLS / "lint-imports"), "--no-cache"],
    "django": [PYTHON, "manage.py", "check", "--fail-level", "WARNING"],
    "deploy": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "migrations": [
        *(PYTHON, "-W", "ignore::RuntimeWarning", "manage.py"),
        *("makemigrations", "--check", "--dry-run"),
    ],
    "templates": [str(TOOLS / "djlint"), "--lint", "--quiet", *PAGES],
    "architecture": [PYTHON, "-m", "pytest", "-q", "tests/architecture"],
}
if not PAGES:
    del CHECKS["templates"]
EXTRA_ENVIRONMENT: dict[str, dict[str, str]] = {
    "migrations": {"DATABASE_URL": NOWHERE, "DEBUG": "true"},
    "deploy": {
        "DATABASE_URL": NOWHERE,
        "DEBUG": "false",
        "SECRET_KEY": "check-" + "9b1fA7x_" * 8,
        "EMAIL_URL": "smtp://localhost:25",
    },
}


def check(name: str) -> tuple[str, bool, str]:
    """Run one check; give its name, whether it passed, and what it printed."""
    began = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env={**os.environ, **EXTRA_ENVIRONMENT.get(name, {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed = done.returncode == 0
    seconds = time.monotonic() - began
    print(f"{'ok  ' if passed else 'FAIL'}  {name:<13} {seconds:6.1f} s", flush=True)
    return name, passed, done.stdout


def main(names: list[str]) -> int:
    """Run the named checks, or all; print the reports of those that failed."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"No such check: {', '.join(unknown)}. There are: {', '.join(CHECKS)}.")
        return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(check, names or CHECKS))
    failed = [(name, report) for name, passed, report in results if not passed]
    for name, report in failed:
        print(f"\n==== {name} failed ====\n{report.rstrip()}")
    if failed:
        print(
            f"\n{len(failed)} of {len(results)} checks failed: {', '.join(n for n, _ in failed)}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
