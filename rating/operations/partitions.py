"""Monthly partitions of usage events, made when the first event of a month comes."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from foundation.locks import advisory_lock
from foundation.periods import Unit, boundary


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
                    _create(cursor, month)


def _name(month: str) -> str:
    return f"rating_usageevent_{month.replace('-', '_')}"


def _exists(cursor: CursorWrapper, month: str) -> bool:
    # Not to_regclass: it remembers that a table was missing, even while another one made it.
    cursor.execute(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s"
        " AND relnamespace = (SELECT relnamespace FROM pg_class"
        " WHERE oid = 'rating_usageevent'::regclass))",
        [_name(month)],
    )
    return bool(cursor.fetchone()[0])


def _create(cursor: CursorWrapper, month: str) -> None:
    start = date.fromisoformat(f"{month}-01")
    end = boundary(start, 1, Unit.MONTH, 1, 1)
    name = _name(month)
    lower, upper = f"'{start.isoformat()} 00:00+00'", f"'{end.isoformat()} 00:00+00'"
    cursor.execute(f"CREATE TABLE {name} (LIKE rating_usageevent INCLUDING ALL)")
    cursor.execute(
        f"ALTER TABLE {name} ADD CONSTRAINT {name}_month"
        f" CHECK (event_start >= {lower} AND event_start < {upper})"
    )
    cursor.execute(
        f"ALTER TABLE rating_usageevent ATTACH PARTITION {name}"
        f" FOR VALUES FROM ({lower}) TO ({upper})"
    )
    cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {name}_month")
