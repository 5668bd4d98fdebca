"""Who is to be in which pool, what each is to bring to it, and pools as screens show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet, Subquery, Sum

from catalog.models import EntitlementSpec
from customers.models import SubscriptionCharge
from customers.queries.periods import CYCLE_ANCHOR
from foundation import sql
from foundation.periods import Period, Rhythm, Unit, boundary_instant
from rating.models import PoolMember, PoolShare, RatingPool
from rating.rules.drawing import ZERO
from rating.rules.pooling import contribution, free_days

MOST_SHARES: Final = 500


MOST_MONTHS: Final = 24


class Membership(NamedTuple):
    """A service in a pool, over its days."""

    pool_id: int
    usage_type_id: int
    service_id: int
    account_id: int
    start: date
    end: date | None


class Key(NamedTuple):
    """What is brought once: by which service and item, for which entitlement, to which period."""

    pool_id: int
    item_id: int
    spec_id: int
    service_id: int
    period_start: date


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a service is to bring to a pool for a period."""

    key: Key
    account_id: int
    spec: EntitlementSpec
    start: datetime
    end: datetime
    quantity: Decimal


class Brought(NamedTuple):
    """A bucket of a pool: what was brought to it, and what of that may be taken back."""

    bucket_id: int
    account_id: int
    start: datetime
    initial: Decimal
    quantity: Decimal
    loose: Decimal
    is_closed: bool


def memberships_due() -> list[Membership]:
    """Return who is to be in which pool by the dated tree, in order (POOL-4).

    A service that hangs below the heads of two pools of a kind is in the older.
    """
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "pool_members_due")
        rows = cursor.fetchall()
    taken: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)
    due = []
    for pool, kind, service, account, valid in rows:
        held = taken[service, kind]
        for start, end in free_days((valid.lower, valid.upper), held):
            due.append(Membership(pool, kind, service, account, start, end))
        held.append((valid.lower, valid.upper))
    return due


def memberships() -> list[PoolMember]:
    """Return the memberships that hold on some day."""
    return list(PoolMember.objects.exclude(valid__isempty=True).order_by("pk"))


def contributions_due(*, since: date, as_of: datetime) -> list[Contribution]:
    """Return what members are to bring to the periods that have begun by a moment (POOL-2).

    Of the days on which the service is in the pool and has the offer; whole where the offer does
    not prorate.
    """
    until = (as_of + timedelta(days=2)).date()  # wherever its local day is latest
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "pool_contributions_due", since=since, until=until)
        rows = cursor.fetchall()
    found = EntitlementSpec.objects.select_related("usage_type__unit")
    specs = found.in_bulk({row[6] for row in rows})
    days: dict[tuple[Key, Period, int, ZoneInfo], int] = defaultdict(int)
    for pool, cycle_day, zone, account, service, item, spec, start, end in rows:
        clock = ZoneInfo(zone)
        for full in _periods(cycle_day, clock, max(start, since), end, as_of):
            key = Key(pool, item, spec, service, full.start)
            last = full.end if end is None else min(full.end, end)
            days[key, full, account, clock] += (last - max(full.start, start)).days
    return [
        Contribution(
            key,
            account,
            specs[key.spec_id],
            boundary_instant(full.start, clock),
            boundary_instant(full.end, clock),
            _quantity(specs[key.spec_id], count, full),
        )
        for (key, full, account, clock), count in days.items()
    ]


def _periods(
    cycle_day: int, zone: ZoneInfo, start: date, end: date | None, as_of: datetime
) -> Iterator[Period]:
    """Yield the periods of a pool that meet some days and have begun by a moment."""
    rhythm = Rhythm(CYCLE_ANCHOR, Unit.MONTH, 1, cycle_day)
    k = rhythm.number(start)
    while end is None or rhythm.boundary(k) < end:
        full = rhythm.period(k)
        if boundary_instant(full.start, zone) > as_of:
            return
        yield full
        k += 1


def _quantity(spec: EntitlementSpec, days: int, full: Period) -> Decimal:
    if not spec.prorate_grant:
        return spec.quantity if days else ZERO
    places = spec.usage_type.unit.precision
    return contribution(spec.quantity, days=days, full=full, places=places)


def contributions(*, since: date) -> dict[Key, Brought]:
    """Return what was brought to the periods of pools that have not ended by a day."""
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "pool_buckets", since=since)
        return {
            Key(pool, item, spec, service, day): Brought(
                bucket, account, start, initial, quantity, loose, is_closed
            )
            for (
                bucket, pool, item, spec, service, day, account, start, initial, quantity, loose,
                is_closed,
            ) in cursor.fetchall()
        }  # fmt: skip


def pools() -> QuerySet[RatingPool]:
    """Return the pools, those that have not ended first."""
    found = RatingPool.objects.select_related("node", "usage_type__unit")
    return found.order_by("-valid__endswith", "name", "pk")


def pools_of(*, account_id: int) -> QuerySet[RatingPool]:
    """Return the pools of which an account is the head, or in which its services are or were."""
    member = PoolMember.objects.filter(account_id=account_id, valid__isempty=False)
    return pools().filter(Q(node=account_id) | Q(pk__in=member.values("pool_id")))


def members_of(*, pool_id: int) -> QuerySet[PoolMember]:
    """Return who is or was in a pool, by account and service."""
    rows = PoolMember.objects.filter(pool_id=pool_id, valid__isempty=False)
    return rows.select_related("account", "service").order_by(
        "account__number", "service__number", "valid"
    )


def shares_of(*, pool_id: int, most: int = MOST_SHARES) -> list[PoolShare]:
    """Return what services had of a pool, the newest period first, at most so many."""
    rows = PoolShare.objects.filter(pool_id=pool_id)
    rows = rows.select_related("service__subscription__account")
    return list(rows.order_by("-period_start", "service__number")[:most])


class Month(NamedTuple):
    """What a pool came to in a period, over all its services."""

    start: date
    contributed: Decimal
    used: Decimal
    covered: Decimal

    @property
    def left(self) -> Decimal:
        """Return what nobody used."""
        return self.contributed - self.covered

    @property
    def beyond(self) -> Decimal:
        """Return what is charged, because the pool did not cover it."""
        return self.used - self.covered


def months_of(*, pool_id: int) -> list[Month]:
    """Return what a pool came to, the newest period first, at most so many."""
    rows = PoolShare.objects.filter(pool_id=pool_id).order_by().values_list("period_start")
    sums = rows.annotate(Sum("contributed"), Sum("used"), Sum("covered"))
    return [Month(*one) for one in sums.order_by("-period_start")[:MOST_MONTHS]]


def shares_behind(*, subscription_charge_id: int, start: date, end: date) -> list[PoolShare]:
    """Return what the services behind a charge had of pools in the months that meet some days."""
    rows = PoolShare.objects.filter(
        service__subscription__charges=subscription_charge_id,
        pool__usage_type=Subquery(
            SubscriptionCharge.objects.filter(pk=subscription_charge_id).values(
                "charge__usage_type"
            )
        ),
        period_start__lt=end,
        period_start__gt=start - timedelta(days=31),
    ).select_related("pool", "service")
    return [
        one
        for one in rows.order_by("period_start", "service__number")
        if Rhythm(CYCLE_ANCHOR, Unit.MONTH, 1, one.pool.cycle_day).containing(one.period_start).end
        > start
    ]
