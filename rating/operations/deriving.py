"""Derived charging: rate stored events again for the carrier and the partner (RATE).

What an account and day should have derived is compared with what stands, and the difference is
written; a second call changes nothing. Whatever changes usage asks for it in its own transaction
(`PendingDerivation`), so that a crash loses nothing and retail rating waits for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from foundation import copying
from foundation.locks import advisory_lock
from rating.models import PendingDerivation
from rating.operations.drawing import hold_usage
from rating.queries.deriving import Deriver, standing_derived
from rating.rules.deriving import Derived, difference

CHUNK: Final = 500
Day = tuple[int, date]
"""An account and a local day of it."""


def derive_pending(*, on_date: date, chunk: int = CHUNK) -> int:
    """Derive the days for which it was asked; return how many rows came or went.

    Transactions of `chunk` days of accounts, one session at a time. Prices of carriers and
    partners are those of their accounts as the tree hangs on `on_date`.
    """
    done = 0
    while PendingDerivation.objects.exists():
        with transaction.atomic(), connection.cursor() as cursor:
            advisory_lock("usage", "derive")
            hold_usage(cursor)
            done += _derive(cursor, _taken(cursor, chunk), on_date)
    return done


def _taken(cursor: CursorWrapper, size: int) -> list[Day]:
    """Take what was asked for, all of an account and day at once."""
    cursor.execute(
        "DELETE FROM rating_pendingderivation WHERE (account_id, on_date) IN (SELECT account_id,"
        " on_date FROM rating_pendingderivation GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %s)"
        " RETURNING account_id, on_date",
        [size],
    )
    return sorted(set(cursor.fetchall()))


def _derive(cursor: CursorWrapper, days: Sequence[Day], on_date: date) -> int:
    if not days:
        return 0
    wanted = Deriver(on_date).derived(cursor, days)
    gone, come = difference(wanted, standing_derived(cursor, days, [one[0] for one in wanted]))
    cursor.execute(
        "DELETE FROM rating_derivedrating AS d USING unnest(%s::bigint[], %s::text[])"
        " AS g (event_id, purpose) WHERE d.event_id = g.event_id AND d.purpose = g.purpose",
        [[event for event, _ in gone], [purpose for _, purpose in gone]],
    )
    copying.copy_in(cursor, "rating_derivedrating", Derived._fields, come)
    return len(gone) + len(come)
