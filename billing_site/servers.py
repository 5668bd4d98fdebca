"""Run the console and the task cluster as two children, and end them without a hang.

The task cluster hangs when its whole process group is signalled, and leaves its workers behind
when one of its own dies. So each child leads a session of its own, only the leader is asked to
end, and what is left of its session afterwards is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 15.0  # seconds a child gets to end by itself
YOUNGEST_TO_SIGNAL = 3.0  # a task cluster signalled before it stands dies with a traceback
RESTART_PAUSE = 2.0


class CannotServe(RuntimeError):
    """Say in one sentence why the servers cannot run, and what to do about it."""


@dataclass
class Child:
    """A server process that leads its own session."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] = field(init=False)
    began: float = field(init=False, default=0.0)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the parent only."""
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.began = time.monotonic()

    def has_ended(self) -> bool:
        """Tell whether the leader is gone."""
        return self.process.poll() is not None

    def end(self) -> None:
        """Ask the leader to end, wait, and leave nobody of its session behind."""
        if not self.has_ended():
            time.sleep(max(0.0, YOUNGEST_TO_SIGNAL - (time.monotonic() - self.began)))
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        kill_session(self.process.pid)
        self.process.wait()


def kill_session(leader: int) -> None:
    """Kill what is left of a session that one of our children led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == leader:
                process.kill()


def commands(host: str, port: int, web_workers: int) -> list[Child]:
    """Name the two servers and how each is started."""
    python = sys.executable
    web = [python, "-m", "gunicorn", "billing_site.wsgi:application", "--bind", f"{host}:{port}"]
    web += ["--workers", str(web_workers), "--threads", "4", "--worker-class", "gthread"]
    web += ["--timeout", "120", "--log-level", "error", "--no-control-socket"]
    return [
        Child("console", web),
        Child("task cluster", [python, str(ROOT / "manage.py"), "qcluster"]),
    ]


def refuse_busy_port(host: str, port: int) -> None:
    """Raise CannotServe when somebody listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"Port {port} of {host} cannot be used ({error.strerror}): free it, or choose "
                f"another, for example with `PORT={port + 1}`."
            ) from error


class RunFile:
    """The note of who serves this installation; its lock dies with the process that holds it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "serve.json"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the note for as long as we serve; refuse when another does."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = self.path.open("a+")
        except OSError as error:
            raise CannotServe(
                f"{self.path} cannot be written ({error.strerror}): free disk space or set "
                "BILLING_VAR_DIR to a folder of your own."
            ) from error
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CannotServe(
                    "The console is being served already: run `make stop` first, or use it."
                ) from error
            self._end_orphans()
            yield
            handle.truncate(0)

    def write(self, children: list[Child]) -> None:
        """Note ourselves and our children, each with its start so that a number is not reused."""
        pids = [os.getpid(), *(child.process.pid for child in children)]
        note = [{"pid": pid, "started": psutil.Process(pid).create_time()} for pid in pids]
        self.path.write_text(json.dumps(note))

    def stop(self) -> bool:
        """End whoever serves, and children of a killed parent; False when nobody did."""
        living = self._living()
        if not living:
            return False
        server, *children = living
        with contextlib.suppress(psutil.NoSuchProcess):
            server.terminate()
        psutil.wait_procs([server], timeout=2 * PATIENCE + YOUNGEST_TO_SIGNAL)
        for child in children:
            kill_session(child.pid)
        return True

    def _end_orphans(self) -> None:
        for process in self._living():
            if process.pid != os.getpid():
                kill_session(process.pid)

    def _living(self) -> list[psutil.Process]:
        try:
            note = json.loads(self.path.read_text() or "[]")
        except (OSError, ValueError):
            return []
        living = []
        for entry in note:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(entry["pid"])
                if abs(process.create_time() - entry["started"]) < 1:
                    living.append(process)
        return living


class _Stop(Exception):
    """Ctrl-C or a request to end has come."""


def serve(*, children: list[Child], run_file: RunFile, say: Callable[[str], None]) -> None:
    """Run the children until Ctrl-C or SIGTERM; start the task cluster again when it dies.

    Raises: CannotServe when the console itself ends.
    """

    def stop(signum: int, frame: object) -> None:
        raise _Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    console = children[0]
    started: list[Child] = []
    try:
        for child in children:
            child.start()
            started.append(child)
        run_file.write(children)
        while not console.has_ended():
            time.sleep(0.5)
            for child in children[1:]:
                if child.has_ended():
                    say(f"The {child.name} ended by itself and is started again.")
                    kill_session(child.process.pid)
                    time.sleep(RESTART_PAUSE)
                    child.start()
                    run_file.write(children)
    except _Stop:
        say("Stopping ...")
    else:
        raise CannotServe("The console ended by itself; what it printed above says why.")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(started):
            child.end()
