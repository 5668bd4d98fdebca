"""Run functions at the same moment, each on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from typing import Any

from django.db import connection


def race(*runners: Callable[[], Any], seconds: float = 60) -> list[Any]:
    """Start all runners together; return, in their order, what each returned or raised."""
    start = Barrier(len(runners))
    outcomes: list[Any] = [None] * len(runners)

    def run(position: int, runner: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=seconds)
            outcomes[position] = runner()
        except Exception as error:  # noqa: BLE001  (an outcome like any other)
            outcomes[position] = error
        finally:
            connection.close()

    threads = [
        Thread(target=run, args=(position, runner), daemon=True)
        for position, runner in enumerate(runners)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds)
    assert not [thread for thread in threads if thread.is_alive()], "a runner hangs"
    return outcomes


def refusals(outcomes: Sequence[Any], kind: type[Exception]) -> int:
    """Count the outcomes that are refusals of a kind; any other exception fails the test."""
    others = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, kind)]
    assert not others, others
    return sum(isinstance(outcome, kind) for outcome in outcomes)
