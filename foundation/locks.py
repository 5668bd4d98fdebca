"""Advisory locks of a transaction, and the one order in which locks are taken.

Only transaction-scoped locks: session locks outlive their owner behind a connection pool.
"""

from __future__ import annotations

from typing import Final

from django.db import connection
from django.db.transaction import TransactionManagementError

ORDER: Final = ("run", "account", "subscription", "invoice", "payment", "counter")
"""Whoever needs several locks takes them in this order, and rows of one kind by ascending id."""


def advisory_lock(kind: str, key: int | str) -> None:
    """Wait for the lock of `kind` and `key`, and hold it until the transaction ends.

    A second call by the same transaction passes at once.
    """
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{key}"])


def try_advisory_lock(kind: str, key: int | str) -> bool:
    """Take the lock if it is free, and tell whether it was; never wait."""
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{key}"]
        )
        return bool(cursor.fetchone()[0])


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("an advisory lock needs a transaction to live in")
