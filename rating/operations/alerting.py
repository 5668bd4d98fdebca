"""Say once when a balance, a pool or a cap is used to half, four fifths, the end (P64)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

import audit.operations
from audit.operations import Happening
from foundation import sql
from rating.choices import PERCENTS
from rating.models import ThresholdAlert
from rating.queries.spending import spent_under_caps

TWO_MONTHS: Final = timedelta(days=62)
TOPICS: Final = {
    "bucket": "balance.threshold_reached",
    "pool": "pool.threshold_reached",
    "cap": "spending.threshold_reached",
}


def alert_balances(*, as_of: datetime) -> int:
    """Note and announce what balances, pools and caps were used to.

    Granted balances and pools where their offer warns; balances of money and spend caps always.
    Each percentage once per balance, or period of a pool or cap, also when usage is drawn anew
    across the line; an event goes out for each. Returns how many; a second call adds none.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        reached: list[int] = []
        for name in ("alert_buckets", "alert_pools"):
            sql.run(cursor, "rating", name, percents=list(PERCENTS), as_of=as_of)
            reached += [key for (key,) in cursor.fetchall()]
        reached += _alert_caps(as_of)
        if reached:
            _announce(reached)
    return len(reached)


def _alert_caps(as_of: datetime) -> list[int]:
    """Note what caps were used to in the month of the moment; return what was not noted yet."""
    noted = ThresholdAlert.objects.filter(
        cap__isnull=False, period_start__gte=(as_of - TWO_MONTHS).date()
    )
    known = set(noted.values_list("cap_id", "period_start", "percent"))
    found = [
        ThresholdAlert(
            cap=one.cap,
            period_start=one.period.start,
            account_id=one.cap.account_id,
            percent=percent,
            used=one.amount,
            most=one.cap.amount,
        )
        for one in spent_under_caps(as_of=as_of)
        for percent in PERCENTS
        if one.amount * 100 >= one.cap.amount * percent
        and (one.cap.pk, one.period.start, percent) not in known
    ]
    return [one.pk for one in ThresholdAlert.objects.bulk_create(found)]


def _announce(keys: Sequence[int]) -> None:
    rows = ThresholdAlert.objects.filter(pk__in=keys).order_by("pk")
    rows = rows.select_related("bucket__usage_type__unit", "pool__usage_type__unit", "cap")
    audit.operations.record_events([_happening(one) for one in rows])


def _happening(one: ThresholdAlert) -> Happening:
    name, subject = next(
        (name, found) for name in TOPICS if (found := getattr(one, name)) is not None
    )
    return Happening(
        topic=TOPICS[name],
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        payload={
            "account": one.account_id,
            "service": one.bucket.service_id if one.bucket else None,
            "name": one.what,
            "percent": one.percent,
            "used": str(one.used),
            "granted": str(one.most),
            "unit": one.measure,
            "period_start": one.period_start and one.period_start.isoformat(),
        },
    )
