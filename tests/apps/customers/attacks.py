"""Attack the guards of the customers room by raw SQL."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from customers.models.account import take_tree_lock
from foundation.errors import GuardHeld, translate_database_error

JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)


def refused(statement: str, *, locked: bool = False) -> str:
    """Return the name of the guard that refuses the statement, at the latest at commit."""
    run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        attack(statement, locked=locked)
    refusal = translate_database_error(caught.value)
    assert isinstance(refusal, GuardHeld), refusal
    return refusal.guard


def attack(statement: str, *, locked: bool) -> None:
    if locked:
        take_tree_lock()
    run(statement)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
