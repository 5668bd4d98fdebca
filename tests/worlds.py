"""Worlds that are dear to build: built once for the tests of a file, whole again for each.

A transaction is held open around the tests that stand on the same world; each of them works
within a savepoint of it. The next test that stands on another, or on none, finds it undone. For
a test that commits the world is built by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction

BUILDERS: dict[str, Callable[[], Any]] = {}


def standing(name: str, build: Callable[[], Any]) -> Any:
    """Return a fixture of this name that hands out what `build` makes, a copy to each test.

    The name ends in `_world`, so that no other fixture is taken for it.
    """
    assert name.endswith("_world"), name
    known = BUILDERS.setdefault(name, build)
    assert known.__qualname__ == build.__qualname__, f"two worlds are called {name}"

    @pytest.fixture(name=name)
    def world(ground: Ground, db: None) -> Any:
        return deepcopy(ground.built) if ground.name else build()

    return world


def wanted(request: pytest.FixtureRequest) -> str:
    """Return the name of the world that a test stands on; the empty name is none."""
    mark = request.node.get_closest_marker("django_db")
    names = set(request.fixturenames)
    if (mark and mark.kwargs.get("transaction")) or names & {"transactional_db", "live_server"}:
        return ""
    named = names & BUILDERS.keys()
    assert len(named) <= 1, f"a test stands on one world, not on {sorted(named)}"
    return named.pop() if named else ""


class Ground:
    """What the tests of a file stand on now; nothing, to begin with."""

    def __init__(self) -> None:
        self.name = ""
        self.built: Any = None
        self._session: Any = None
        self._held = ExitStack()

    def stand_on(self, name: str) -> None:
        """Build the world of this name, unless it stands; the empty name is none."""
        if self.name and (self.name != name or self._is_lost()):
            self.leave()
        if name and not self.name:
            self._held.enter_context(transaction.atomic())
            self.name, self.built = name, BUILDERS[name]()
            connection.check_constraints()
            self._session = connection.connection

    def leave(self) -> None:
        """Undo the world."""
        if self.name:
            connection.needs_rollback = True
            self._held.close()
            self.name, self.built = "", None

    def _is_lost(self) -> bool:
        """Tell whether a test has closed the connection, and the transaction with it."""
        return connection.connection is not self._session or connection.needs_rollback
