"""COPY in and out: how more than a thousand rows enter and leave the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from django.db.backends.utils import CursorWrapper
from psycopg import sql

_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_in(
    cursor: CursorWrapper, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """Write rows in the order of the columns; None is NULL. Return how many.

    Column defaults of the database fill what is not named.
    """
    count = 0
    with cursor.db.wrap_database_errors, cursor.copy(_copy_into(table, columns)) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_text(
    cursor: CursorWrapper, table: str, columns: Sequence[str], chunks: Iterable[str]
) -> int:
    r"""Write ready COPY text: tab between values, a newline after each row, `\N` for NULL.

    Free text goes through `escape`. The fastest way in; chunks of some 64 KB are best. Return the
    number of rows.
    """
    with cursor.db.wrap_database_errors, cursor.copy(_copy_into(table, columns)) as copy:
        for chunk in chunks:
            copy.write(chunk)
    return cursor.rowcount


def copy_out(cursor: CursorWrapper, query: str) -> Iterator[list[str | None]]:
    """Yield the rows of a query as text, None for NULL, without holding them all in memory.

    `query` is a complete statement of ours; no value from outside is ever pasted into it.
    """
    with cursor.db.wrap_database_errors, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        for row in copy.rows():
            yield list(row)


def copy_lines(
    cursor: CursorWrapper, query: str, binds: Mapping[str, object] | None = None
) -> list[str]:
    r"""Return the rows of a query as raw COPY text: tab between values, `\N` for NULL.

    The fastest way out, for a set that fits into memory. Free text stays escaped, ready to be
    written back by `copy_text`. `binds` fill `%(name)s` in the query.
    """
    driver = cursor.cursor  # the wrapper that logs statements in development takes no binds
    with driver.copy(f"COPY ({query}) TO STDOUT", binds) as copy:
        data = b"".join(copy)
    lines = data.decode().split("\n")
    lines.pop()
    return lines


def escape(text: str) -> str:
    """Make free text safe inside COPY text."""
    return text.translate(_ESCAPES)


def ids(cursor: CursorWrapper, table: str, count: int) -> list[int]:
    """Draw `count` ids of a table's identity column, ascending.

    The block may have holes where other sessions draw at the same time.
    """
    if count < 1:
        return []
    cursor.execute(
        "SELECT array_agg(nextval(s.name)) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass"
        " AS name OFFSET 0) s, generate_series(1, %s)",
        [table, count],
    )
    return list(cursor.fetchone()[0])


def _copy_into(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    )
