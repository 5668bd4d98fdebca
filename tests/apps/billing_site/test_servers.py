"""Serving: one at a time, told apart from a reused number, ended without leftovers."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from billing_site import servers

IGNORES_TERM = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "os.fork(); time.sleep(600)"
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "PATIENCE", 0.5)
    monkeypatch.setattr(servers, "YOUNGEST_TO_SIGNAL", 0.3)
    monkeypatch.setattr(servers, "RESTART_PAUSE", 0.1)


def test_a_busy_port_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(servers.CannotServe, match=f"`PORT={port + 1}`"):
            servers.refuse_busy_port("127.0.0.1", port)


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    with (
        servers.RunFile(tmp_path).held(),
        pytest.raises(servers.CannotServe, match="served already"),
        servers.RunFile(tmp_path).held(),
    ):
        pass


def test_a_demo_that_is_served_already_is_said_before_anything_is_done(
    tmp_path: Path,
) -> None:
    with (
        override_settings(DEBUG=True, VAR_DIR=tmp_path),
        servers.RunFile(tmp_path).held(),
        pytest.raises(CommandError, match="served already"),
    ):
        call_command("demo")


def test_a_note_of_a_dead_server_does_not_stand_in_the_way(tmp_path: Path) -> None:
    run_file = servers.RunFile(tmp_path)
    run_file.path.write_text(json.dumps([{"pid": os.getppid(), "started": 1.0}]))
    assert run_file.stop() is False
    with run_file.held():
        pass


def test_a_child_that_refuses_to_end_is_ended_with_all_of_its_session() -> None:
    child = servers.Child("stubborn", [sys.executable, "-c", IGNORES_TERM])
    child.start()
    threading.Event().wait(0.4)
    family = [*psutil.Process(child.process.pid).children(), psutil.Process(child.process.pid)]
    child.end()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_children_of_a_killed_parent_are_found_and_ended(tmp_path: Path) -> None:
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    started = psutil.Process(orphan.pid).create_time()
    run_file = servers.RunFile(tmp_path)
    run_file.path.write_text(json.dumps([{"pid": orphan.pid, "started": started}]))
    with run_file.held():
        assert orphan.wait(5) == -signal.SIGKILL


@pytest.mark.alone
def test_the_task_cluster_is_started_again_and_all_end_on_request(tmp_path: Path) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    mortal = [sys.executable, "-c", "pass"]
    said: list[str] = []

    def say(message: str) -> None:
        said.append(message)
        if len(said) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    children = [servers.Child("console", sleeper), servers.Child("task cluster", mortal)]
    try:
        servers.serve(children=children, run_file=servers.RunFile(tmp_path), say=say)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert said[0].startswith("The task cluster ended by itself")
    assert said[-1] == "Stopping ..."
    assert all(child.has_ended() for child in children)


def test_a_log_shows_a_line_when_it_is_written_and_not_at_the_end() -> None:
    program = (
        "import manage, sys, time; sys.argv[1:] = ['version']; manage.main(); time.sleep(600)"
    )
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=buffered,
        stdout=subprocess.PIPE,
    ) as child:
        try:
            assert child.stdout is not None
            assert select.select([child.stdout], [], [], 20)[0] == [child.stdout]
        finally:
            child.kill()
