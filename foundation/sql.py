"""SQL that lives in files: one statement a file in `<app>/sql/`, named for what it does.

Each file opens with a comment that gives its purpose, grain, binds and why repeating it is
harmless. A guard for migrations may end with a part after a line `-- reverse:` that undoes it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db.backends.utils import CursorWrapper
from django.db.migrations import RunSQL

REVERSE: Final = "\n-- reverse:"


@cache
def statement(app: str, name: str) -> str:
    """Return the text of `<app>/sql/<name>.sql`; `app` is the app's label."""
    path = Path(apps.get_app_config(app).path) / "sql" / f"{name}.sql"
    return path.read_text(encoding="utf-8")


def run(cursor: CursorWrapper, app: str, name: str, **binds: Any) -> int:
    """Execute a statement file with its named binds (`%(name)s`); return the rows it touched."""
    cursor.execute(statement(app, name), binds or None)
    return cursor.rowcount


def guards(app: str, *names: str) -> list[RunSQL]:
    """Return the migration operations that install guard files, in order."""
    return [_operation(statement(app, name)) for name in names]


def _operation(text: str) -> RunSQL:
    forward, _, backward = text.partition(REVERSE)
    return RunSQL(forward, backward.strip() or RunSQL.noop)
