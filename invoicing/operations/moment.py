"""One moment at which a run looks whether its drafts still hold, whoever posts them (BR-7).

An order that concerns two payers (a move, say) must come before both documents or after both.
Were each chunk compared with the inputs of its own moment, an order between two chunks would be
in one of the documents only. So all workers compare with one snapshot of the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

READ_BY_KEY: Final = (
    "SELECT set_config('enable_seqscan', 'off', false),"
    " set_config('max_parallel_workers_per_gather', '0', false)"
)


class MomentIsOver(Exception):
    """The process that held the moment has died, and nobody can look at it any more."""


class Moment:
    """A snapshot that the workers of a posting share; each reads it over a connection of its own.

    Within somebody's transaction (a preview, a test) there is no other connection that could see
    what that one sees: the moment is then now.
    """

    def __init__(self, keeper: BaseDatabaseWrapper | None, name: str) -> None:
        self._name = name
        self._readers = {} if keeper is None else {os.getpid(): keeper}

    @contextmanager
    def cursor(self, own: CursorWrapper) -> Iterator[CursorWrapper]:
        """Yield a cursor that reads the snapshot; `own` where the moment is now.

        Raises: MomentIsOver.
        """
        if not self._name:
            yield own
            return
        reader = self._readers.get(os.getpid())
        if reader is None:
            reader = self._readers[os.getpid()] = self._joined()
        with reader.cursor() as cursor:
            yield cursor

    def join(self) -> None:
        """Leave the keeper's connection to the parent of this process, and open one of its own.

        Done at once, it lets this process go on when its parent dies (F03).

        Raises: MomentIsOver.
        """
        for keeper in self._readers.values():
            forget(keeper)
        self._readers = {os.getpid(): self._joined()} if self._name else {}

    def _joined(self) -> BaseDatabaseWrapper:
        reader = _reader()
        try:
            with reader.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [self._name])
                cursor.execute(READ_BY_KEY)
        except DatabaseError as error:
            reader.close()
            raise MomentIsOver from error
        return reader


NOW: Final = Moment(None, "")


@contextmanager
def one_moment() -> Iterator[Moment]:
    """Hold the moment still for as long as the drafts of a run are being posted."""
    if connection.in_atomic_block:
        yield NOW
        return
    keeper = _reader()
    try:
        with keeper.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            name = str(cursor.fetchone()[0])
            cursor.execute(READ_BY_KEY)
        yield Moment(keeper, name)
    finally:
        keeper.close()


def forget(inherited: BaseDatabaseWrapper) -> None:
    """Let go of a connection that a parent has opened, and of its socket, without a word.

    A socket left open here would keep the transaction of a parent that dies, and its locks, alive
    for as long as this process, which would wait for them in vain (F03). The driver leaves
    a connection alone that another process has opened, so that the server hears nothing.
    """
    opened, inherited.connection = inherited.connection, None
    if opened is not None and not opened.closed:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, opened.fileno())
        os.close(nowhere)


def _reader() -> BaseDatabaseWrapper:
    """Open a connection that only reads, and sees the books as they are when it first does."""
    reader = connection.copy()
    with reader.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return reader
