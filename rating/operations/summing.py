"""Make the sums of usage anew from the stored events, which are the truth (RATE step 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from foundation import sql
from foundation.locks import advisory_lock
from foundation.permissions import require


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Compare an account's usage before and after its sums were renewed."""

    account_id: int
    quantity_before: Decimal
    quantity_after: Decimal
    events_before: int
    events_after: int
    amount_before: Decimal
    amount_after: Decimal


def rebuild_sums(
    *,
    start: date,
    end: date,
    account_ids: Sequence[int] | None = None,
    actor: User | None = None,
    rehearse: bool = False,
) -> list[AccountChange]:
    """Add up the events of local days [start, end) again; a second call changes nothing.

    What mends I-11 after events were restored from elsewhere, where their rating stands.
    `rehearse` takes everything back and only reports. Loads wait until it is done.

    Raises: Forbidden.
    """
    require(actor, "rating.rate_usage")
    scope = {
        "accounts": None if account_ids is None else list(account_ids),
        "start": start,
        "finish": end,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        advisory_lock("usage", "sums")
        sql.run(cursor, "rating", "rerate_stage_table")
        renew_sums(cursor, scope, in_lines=True)
        found = changed_sums(cursor, scope)
        if rehearse:
            transaction.set_rollback(True)
    return found


def renew_sums(cursor: CursorWrapper, scope: Mapping[str, object], *, in_lines: bool) -> None:
    """Put sums of the events in place of those that differ, within the lock of sums.

    `in_lines` says whether lines may price any event of the scope; where none does, the results
    tell all, and the events are not read.
    """
    sql.run(cursor, "rating", "rerate_sums", **scope, in_lines=in_lines)
    sql.run(cursor, "rating", "rerate_before", **scope)
    sql.run(cursor, "rating", "rerate_renew", **scope)


def changed_sums(cursor: CursorWrapper, scope: Mapping[str, object]) -> list[AccountChange]:
    """Return the accounts whose sums are others since they were renewed, by account."""
    sql.run(cursor, "rating", "rerate_changes", **scope)
    return [AccountChange(*row) for row in cursor.fetchall()]
