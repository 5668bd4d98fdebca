"""Make the sums of usage anew from the stored events, which are the truth (RATE step 10)."""

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import connection, transaction

from foundation import sql
from foundation.locks import advisory_lock
from foundation.permissions import require


def rebuild_sums(
    *,
    start: date,
    end: date,
    account_ids: Sequence[int] | None = None,
    actor: User | None = None,
) -> None:
    """Add up the events of local days [start, end) again; a second call changes nothing.

    What mends I-11 after events were restored from elsewhere. Loads wait until it is done.

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
        sql.run(cursor, "rating", "rerate_sums", **scope)
        sql.run(cursor, "rating", "rerate_renew", **scope)
