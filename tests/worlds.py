"""Worlds that are dear to build: built once for the tests of a file, whole again for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker


def standing(build: Callable[[], Any]) -> Any:
    """Return a fixture of a whole file: what `build` makes stands until its last test has ended.

    A transaction is held open around them; each test, marked `django_db`, works within a
    savepoint of it. So every test of the file that looks at rows stands on the fixture, and one
    that changes what was built takes a copy of it: the rows are put back, the objects are not.
    """

    @pytest.fixture(scope="module")
    def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
        with django_db_blocker.unblock(), transaction.atomic():
            built = build()
            connection.check_constraints()
            yield built
            transaction.set_rollback(True)

    return world
