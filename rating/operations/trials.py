"""End trials whose cap is used up; what is used beyond it is owed (CHG-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

import customers.operations
from customers.models import Subscription
from foundation import sql
from foundation.periods import local_date


def end_used_up_trials(*, caps: Sequence[int], as_of: datetime) -> int:
    """End each trial with the day on which one of its caps was used up; return how many.

    `caps` are the entitlements that end trials. A second call ends none.
    """
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "used_up_trials", caps=list(caps))
        found = cursor.fetchall()
    return sum(
        customers.operations.end_trial(
            subscription=Subscription(pk=subscription),
            on_date=day,
            as_of=local_date(as_of, ZoneInfo(zone)),
            reason=f"{name} of the trial used up",
        )
        for subscription, day, name, zone in found
    )
