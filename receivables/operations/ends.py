"""Set off what the end of a subscription gives back against what is open, where its order says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import customers.queries
from receivables.models import OpenItem
from receivables.operations.allocating import allocate_oldest

LOOK_BACK: Final = timedelta(days=120)
"""How long after an end its last documents may come: as far back as bills are corrected."""


def set_off_ends(*, as_of: date) -> int:
    """Settle the oldest debts of payers whose subscriptions ended so (AR-2); return allocations.

    With all that is held for them by then. A payer without both a debt and a credit costs one
    look; a second call settles nothing.
    """
    ended = customers.queries.payers_setting_off(since=as_of - LOOK_BACK, until=as_of)
    unsettled = OpenItem.objects.unsettled().filter(payer__in=ended)
    held = set(unsettled.filter(side="C").values_list("payer_id", "currency"))
    due = held & set(unsettled.filter(side="D").values_list("payer_id", "currency"))
    return sum(
        len(allocate_oldest(payer_id=payer, currency=currency, on_date=as_of, actor=None))
        for payer, currency in sorted(due)
    )
