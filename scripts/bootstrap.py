"""Make .venv hold exactly requirements/lock.txt; do nothing when it already does.

Standard library only, for whatever Python 3.11 or newer is there. uv is used where it is
installed, pip otherwise; both check every file against the hashes in the lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "lock.txt"
OLDEST = (3, 11)
BEYOND = (3, 15)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
IS_SUITABLE = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] < {BEYOND})"


def suitable_python() -> str:
    """Find a Python of a supported version, this one first."""
    for candidate in [sys.executable, *map(shutil.which, CANDIDATES)]:
        if candidate and run([candidate, "-c", IS_SUITABLE]).returncode == 0:
            return candidate
    sys.exit(
        f"Python 3.11 to 3.14 is needed and this is {sys.version.split()[0]}: install one, "
        "then run `make setup PYTHON=/path/to/python3`."
    )


def clean_environment() -> dict[str, str]:
    """Give the environment without what could lead an installer astray."""
    unwanted = {
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "PIP_TARGET",
        "PIP_PREFIX",
    }
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0"}


def run(command: list[str | Path], **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command quietly; the caller looks at the result."""
    environment = {**clean_environment(), **extra}
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
        check=False,
    )


def install_with_uv(uv: str, python: str) -> str:
    """Sync the environment with uv; return what it printed if that failed."""
    here = {"UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    commands: list[list[str | Path]] = [
        [uv, "venv", "-q", "--allow-existing", "--python", python, VENV],
        [uv, "pip", "sync", "-q", "--compile-bytecode", "--require-hashes", LOCK],
    ]
    for command in commands:
        done = run(command, **here)
        if done.returncode:
            return done.stdout + done.stderr or f"{uv} ended with {done.returncode}"
    return ""


def install_with_pip(python: str) -> None:
    """Make the environment anew and install with pip; stop with a sentence if that fails."""
    made = run([python, "-m", "venv", "--clear", VENV])
    if made.returncode:
        sys.exit(
            f"{made.stdout}{made.stderr}\nNo virtual environment could be made. On Debian or "
            "Ubuntu: apt install python3-venv; or install uv; then run `make setup` again."
        )
    pip: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps"]
    for attempt in (1, 2, 3):
        installed = run([*pip, "--require-hashes", "-r", LOCK])
        if installed.returncode == 0:
            return
        print(f"pip did not succeed (try {attempt} of 3)", flush=True)
        time.sleep(attempt * 3)
    sys.exit(
        f"{installed.stdout}{installed.stderr}\nThe packages of {LOCK} could not be installed: "
        "see above; with the network or the disk put right, run `make setup` again."
    )


def main() -> None:
    """Bring the environment to the lock."""
    began = time.monotonic()
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    stamp = VENV / f".lock-{digest}"
    python = VENV / "bin" / "python"
    if stamp.exists() and python.exists() and run([python, "-c", "import django"]).returncode == 0:
        return
    base = suitable_python()
    free = shutil.disk_usage(ROOT).free
    if free < 600 * 1024 * 1024:
        sys.exit(f"Only {free // 2**20} MB are free on the disk of {ROOT}; 600 MB are needed.")
    print("setting up .venv ...", flush=True)
    how = "uv"
    uv = None if os.environ.get("NO_UV") else os.environ.get("UV") or shutil.which("uv")
    trouble = install_with_uv(uv, base) if uv else "no uv"
    if trouble:
        if uv:
            print(f"uv did not succeed, pip takes over:\n{trouble}", flush=True)
        how = "pip"
        install_with_pip(base)
    for old in VENV.glob(".lock-*"):
        old.unlink()
    stamp.touch()
    print(f"environment ready ({how}, {time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
