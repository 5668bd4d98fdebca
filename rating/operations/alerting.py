"""Say once when a balance is used to half, to four fifths, to the end (P64)."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

import audit.operations
from audit.operations import Happening
from foundation import sql
from rating.choices import PERCENTS
from rating.models import BalanceBucket


def alert_balances(*, as_of: datetime) -> int:
    """Note and announce what granted balances were used to, where their offer warns.

    Each percentage once per balance, also when usage is drawn anew across the line; an event
    `balance.threshold_reached` goes out for each. Returns how many; a second call adds none.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        sql.run(cursor, "rating", "alert_buckets", percents=list(PERCENTS), as_of=as_of)
        reached = cursor.fetchall()
        if not reached:
            return 0
        buckets = BalanceBucket.objects.select_related("usage_type__unit").in_bulk(
            {bucket for bucket, *_ in reached}
        )
        audit.operations.record_events(
            [_happening(buckets[bucket], percent, str(used)) for bucket, percent, used in reached]
        )
    return len(reached)


def _happening(bucket: BalanceBucket, percent: int, used: str) -> Happening:
    return Happening(
        topic="balance.threshold_reached",
        subject_type=bucket._meta.label_lower,
        subject_id=bucket.pk,
        payload={
            "account": bucket.account_id,
            "service": bucket.service_id,
            "name": bucket.name,
            "percent": percent,
            "used": used,
            "granted": str(bucket.initial),
            "unit": bucket.measure,
        },
    )
