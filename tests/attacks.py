"""Attack a guard with raw SQL, and say which guard held."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction


def raw(statement: str, *binds: Any) -> None:
    """Execute a statement as somebody with psql would."""
    with connection.cursor() as cursor:
        cursor.execute(statement, binds)


def refused_by(statement: str, *binds: Any) -> str:
    """Return the constraint or trigger guard that refuses the statement; fail if none does."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        raw(statement, *binds)
    diagnosis: Any = getattr(refusal.value.__cause__, "diag", None)
    return str(diagnosis.constraint_name)


def unguard(table: str) -> None:
    """Take the guards of a table away, to show that a check finds what they would have stopped."""
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw(f"ALTER TABLE {table} DISABLE TRIGGER USER")
