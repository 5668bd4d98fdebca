"""Balances as screens show them: buckets of an account, what moved one, what covers an event."""

from decimal import Decimal
from typing import Final

from django.db.models import Q, QuerySet, Sum

from rating.models import BalanceBucket, BalanceMovement, PoolMember, ThresholdAlert, Usage

MOST_MOVEMENTS: Final = 500


def balances(*, account_id: int, ended: str = "") -> QuerySet[BalanceBucket]:
    """Return the buckets of an account, the newest first; `ended` is yes for those not ended."""
    found = BalanceBucket.objects.filter(account_id=account_id).select_related(
        "usage_type__unit", "service", "pool"
    )
    if ended:
        found = found.filter(closed_at__isnull=ended == "yes")
    return found.order_by("-valid", "-id")


def alerts(*, percent: str = "") -> QuerySet[ThresholdAlert]:
    """Return what balances, pools and caps were used to, the newest first; of one percentage."""
    found = ThresholdAlert.objects.select_related(
        "account", "bucket__service", "bucket__usage_type__unit", "pool__usage_type__unit", "cap"
    )
    return (found.filter(percent=percent) if percent else found).order_by("-id")


def movements(*, bucket_id: int) -> list[BalanceMovement]:
    """Return the newest movements of a bucket, at most MOST_MOVEMENTS."""
    rows = BalanceMovement.objects.filter(bucket_id=bucket_id)
    return list(rows.select_related("actor", "reservation").order_by("-id")[:MOST_MOVEMENTS])


def covers_of(event: Usage) -> list[tuple[BalanceBucket, Decimal]]:
    """Return the buckets that cover an event and how much of it each (ENT-3)."""
    if event.covered_quantity is None:
        return []
    pools = PoolMember.objects.filter(service_id=event.service_id).values("pool_id")
    theirs = Q(account_id=event.account_id, pool__isnull=True) | Q(pool__in=pools)
    buckets = BalanceBucket.objects.filter(theirs).in_bulk()
    drawn = (
        BalanceMovement.objects.filter(
            bucket__in=buckets, event_at=event.event_start, event_id=event.id
        )
        .order_by("bucket_id")
        .values_list("bucket_id")
        .annotate(drawn=Sum("delta"))
    )
    return [(buckets[bucket], -delta) for bucket, delta in drawn if delta]
