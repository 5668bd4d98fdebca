"""Run the tests: the many side by side, then those that need the machine to themselves.

With arguments they are handed to pytest as they are: `make test ARGS="tests/apps/ledger -x"`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS = 5
SIDE_BY_SIDE = ["-m", "not alone and not browser", "-n", "2", "--dist", "worksteal"]


def alone() -> list[str]:
    """Choose what runs alone from the files that say so: importing all tests takes a while."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return ["-m", "alone", *(str(one) for one in files if "mark.alone" in one.read_text("utf-8"))]


def main(arguments: list[str]) -> int:
    """Return 0 when every run passed; a run that found nothing to do has passed."""
    environment = {**os.environ}
    if environment.get("DATABASE_URL"):
        environment.setdefault("DEBUG", "true")
    for run in [arguments] if arguments else [SIDE_BY_SIDE, alone()]:
        command = [sys.executable, "-m", "pytest", "-q", *run]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if code and (arguments or code != NO_TESTS):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
