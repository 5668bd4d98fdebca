"""What the clock does in the customers room: bring states and the tree to the day of each zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from customers import operations
from customers.models import Account
from foundation.periods import local_date


def sweep(now: datetime) -> dict[str, int]:
    """Renew terms, activate and end subscriptions, complete orders, apply moves that are due.

    Large trees that changed are numbered afresh at the end (HIER-7). Each time zone has its own
    day. A second call finds nothing left to do.
    """
    done = {"renewals": 0, "subscriptions": 0, "orders": 0, "moves": 0}
    zones = Account.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    for name in zones:
        day = local_date(now, ZoneInfo(name))
        done["renewals"] += operations.renew_due(as_of=day, time_zone=name)
        for what, count in operations.activate_due(as_of=day, time_zone=name).items():
            done[what] += count
        done["moves"] += operations.apply_due_moves(as_of=day, time_zone=name)
    done["trees"] = operations.number_trees()
    return done
