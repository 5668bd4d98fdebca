"""Monthly partitions of usage events and their results, made when the first event of one comes."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from foundation.locks import advisory_lock
from foundation.periods import Unit, boundary

PARTITIONED = ("rating_usageevent", "rating_ratedusage")


def ensure_partitions(cursor: CursorWrapper, months: Iterable[str]) -> None:
    """Create the partitions of months given as "2027-05"; existing ones stay.

    A new table is filled with the parent's columns and attached, which waits for nobody who
    inserts. Holds the lock of partition creation until the transaction ends, only if it creates.
    """
    with transaction.atomic():
        for month in sorted(months):
            if not _exists(cursor, month):
                advisory_lock("usage-partition", month)
                if not _exists(cursor, month):
                    for table in PARTITIONED:
                        _create(cursor, table, month)


def _name(table: str, month: str) -> str:
    return f"{table}_{month.replace('-', '_')}"


def _exists(cursor: CursorWrapper, month: str) -> bool:
    """Tell whether a month has its partitions; the last one tells for all."""
    # Not to_regclass: it remembers that a table was missing, even while another one made it.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s"
        " AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = %s::regclass))",
        [_name(PARTITIONED[-1], month), PARTITIONED[-1]],
    )
    return bool(cursor.fetchone()[0])


def _create(cursor: CursorWrapper, table: str, month: str) -> None:
    start = date.fromisoformat(f"{month}-01")
    end = boundary(start, 1, Unit.MONTH, 1, 1)
    name = _name(table, month)
    lower, upper = f"'{start.isoformat()} 00:00+00'", f"'{end.isoformat()} 00:00+00'"
    cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    cursor.execute(
        f"ALTER TABLE {name} ADD CONSTRAINT {name}_month"
        f" CHECK (event_start >= {lower} AND event_start < {upper})"
    )
    cursor.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper})"
    )
    cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {name}_month")
