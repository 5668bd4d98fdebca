"""Keep pools: who is in them, and what each brings (POOL-2, POOL-4, desired state)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

import audit.operations
import customers.queries
from catalog.models import UsageType
from customers.models import Account
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.parsing import BadValue, plain_text
from foundation.permissions import require
from foundation.scope import require_sight
from rating.choices import PoolAllocation
from rating.models import BalanceBucket, BalanceMovement, PoolMember, RatingPool
from rating.operations.drawing import draw_held, request_draws
from rating.queries import pooling
from rating.rules.drawing import ZERO

LOOK_BACK = timedelta(days=100)
"""How long ago a period may have ended whose contributions are still written."""


class CannotPool(Refusal):
    """The account, one above or one below it is at the head of such a pool already."""

    rule = "POOL-4"


def open_pool(
    *,
    node: Account,
    usage_type: str,
    name: str,
    starts: date,
    as_of: datetime,
    allocation: str = PoolAllocation.BY_USAGE,
    actor: User | None,
) -> RatingPool:
    """Let the services at and below an account share what their offers bring to a pool.

    From a local day of the account on. The periods of the pool follow the cycle of who pays for
    the account on that day. Who comes to hang below it later joins, who leaves it leaves, each by
    its dated place in the tree (POOL-4).

    Raises: Forbidden; OtherEntity; Invalid; CannotPool.
    """
    require(actor, "rating.open_pool")
    require_sight(actor, node)
    kind = UsageType.objects.filter(code=usage_type, aggregate_rule="SUM").first()
    if kind is None:
        raise Invalid("there is no usage of this kind that adds up", column="usage_type")
    if allocation not in PoolAllocation.values:
        raise Invalid("say who bears what is beyond the pool", column="allocation")
    try:
        title = plain_text(name, 100)
    except BadValue as bad:
        raise Invalid(bad.message, rule=bad.rule, column="name") from bad
    payer_id = customers.queries.payer_of(account_id=node.pk, on_date=starts)
    if payer_id is None:
        raise Invalid("the account is not open on that day", column="starts")
    with transaction.atomic():
        advisory_lock("pools", "all")
        _require_alone(node, kind, starts)
        made = RatingPool.objects.create(
            node=node,
            usage_type=kind,
            name=title,
            allocation=allocation,
            cycle_day=Account.objects.only("cycle_day").get(pk=payer_id).cycle_day,
            valid=DateRange(starts, None),
        )
        _record(made, "pool.opened", actor)
        keep_pools(as_of=as_of)
    return made


def _require_alone(node: Account, kind: UsageType, starts: date) -> None:
    """A service is in one pool of a kind at a time, so heads of such do not hang in one line."""
    line = {one.pk for one in customers.queries.ancestors(account=node)} | {node.pk}
    rows = RatingPool.objects.filter(usage_type=kind, valid__overlap=DateRange(starts, None))
    for pool in rows.select_related("node"):
        above = customers.queries.ancestors(account=pool.node)
        if pool.node_id in line or node.pk in {one.pk for one in above}:
            raise CannotPool(f"account {pool.node.number} has the pool {pool.name} of it already")


def end_pool(*, pool_id: int, ends: date, as_of: datetime, actor: User | None) -> RatingPool:
    """Let a pool end before a day; everybody leaves it then.

    Raises: Forbidden; OtherEntity; Invalid; CannotPool when it has ended before.
    """
    require(actor, "rating.open_pool")
    with transaction.atomic():
        advisory_lock("pools", "all")
        pool = RatingPool.objects.select_for_update(of=("self",)).get(pk=pool_id)
        require_sight(actor, pool.node)
        if pool.valid.upper is not None:
            raise CannotPool(f"the pool ends on {pool.valid.upper - timedelta(days=1)} already")
        if ends <= pool.valid.lower:
            raise Invalid("it ends after it begins", column="ends")
        pool.valid = DateRange(pool.valid.lower, ends)
        pool.save()
        _record(pool, "pool.ended", actor)
        keep_pools(as_of=as_of)
    return pool


def _record(pool: RatingPool, topic: str, actor: User | None) -> None:
    days = {"starts": str(pool.valid.lower), "ends": str(pool.valid.upper or "")}
    audit.operations.record_event(
        topic=topic,
        subject=pool,
        payload={"name": pool.name, "node": pool.node_id, **days},
        actor=actor,
    )


def keep_pools(*, as_of: datetime) -> int:
    """Bring pools to a moment: who is in them, what each brings; return what changed.

    A second call does nothing. Usage of the days that change is drawn anew.
    """
    if not RatingPool.objects.exists():
        return 0
    since = (as_of - LOOK_BACK).date()
    if not _changes(pooling.memberships_due()) and not _contributions(since, as_of):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        advisory_lock("usage", "sums")  # a load that is running would not see the change
        members = _changes(pooling.memberships_due())
        wanted = _write_members(members)
        changed = _contributions(since, as_of)
        brought = _write_contributions(changed, wanted)
        request_draws(wanted)
        draw_held(cursor, sorted(wanted), brought)
    return len(members) + len(changed)


class Change(NamedTuple):
    """A membership as it stands and as it is due, and from which day on that differs."""

    row: PoolMember | None
    due: pooling.Membership | None
    account_id: int
    since: date


def _changes(due: Iterable[pooling.Membership]) -> list[Change]:
    """Return how memberships are to change, endings first, so that no two are at a time."""
    held = {(one.pool_id, one.service_id, one.valid.lower): one for one in pooling.memberships()}
    longer: list[Change] = []
    shorter: list[Change] = []
    for one in due:
        row = held.pop((one.pool_id, one.service_id, one.start), None)
        if row is None:
            longer.append(Change(None, one, one.account_id, one.start))
        elif row.valid.upper != one.end:
            since = min(end for end in (row.valid.upper, one.end) if end is not None)
            change = Change(row, one, one.account_id, since)
            (shorter if since == one.end else longer).append(change)
    gone = [Change(row, None, row.account_id, row.valid.lower) for row in held.values()]
    return gone + shorter + sorted(longer, key=lambda change: change.row is None)


def _write_members(changes: Sequence[Change]) -> dict[int, datetime]:
    """Write memberships; return from when on whose usage is to be drawn anew."""
    wanted: dict[int, datetime] = {}
    for one in changes:
        if one.row is None and one.due is not None:
            PoolMember.objects.create(
                pool_id=one.due.pool_id,
                usage_type_id=one.due.usage_type_id,
                service_id=one.due.service_id,
                account_id=one.due.account_id,
                valid=DateRange(one.due.start, one.due.end),
            )
        elif one.row is not None:
            start = one.row.valid.lower
            gone = DateRange(empty=True)
            one.row.valid = gone if one.due is None else DateRange(start, one.due.end)
            one.row.save()
        # An event may begin before its local day.
        moment = datetime.combine(one.since - timedelta(days=2), time.min, UTC)
        wanted[one.account_id] = min(moment, wanted.get(one.account_id, moment))
    return wanted


def _contributions(
    since: date, as_of: datetime
) -> list[tuple[pooling.Brought | None, pooling.Contribution | None]]:
    """Return what was brought otherwise than it is due; what has ended and closed stays."""
    held = pooling.contributions(since=since)
    found: list[tuple[pooling.Brought | None, pooling.Contribution | None]] = []
    for due in pooling.contributions_due(since=since, as_of=as_of):
        row = held.pop(due.key, None)
        if row is None:
            if due.quantity > 0:
                found.append((None, due))
        elif not row.is_closed and _delta(row, due.quantity):
            found.append((row, due))
    found += [(row, None) for row in held.values() if not row.is_closed and _delta(row, ZERO)]
    return found


def _delta(row: pooling.Brought, due: Decimal) -> Decimal:
    """Return by how much a contribution changes; what sessions hold of it is not taken back."""
    return max(min(due, row.initial) - row.quantity, -row.loose)


def _write_contributions(
    changes: Sequence[tuple[pooling.Brought | None, pooling.Contribution | None]],
    wanted: dict[int, datetime],
) -> Mapping[int, Decimal]:
    """Make the buckets that are missing; return by how much others change.

    Adds to `wanted` whose usage is to be drawn anew.
    """
    new = [due for row, due in changes if row is None and due is not None]
    made = BalanceBucket.objects.bulk_create([_bucket(one) for one in new], batch_size=500)
    BalanceMovement.objects.bulk_create(
        [
            BalanceMovement(bucket=bucket, kind="GRANT", delta=due.quantity)
            for bucket, due in zip(made, new, strict=True)
        ],
        batch_size=500,
    )
    brought = {
        row.bucket_id: _delta(row, ZERO if due is None else due.quantity)
        for row, due in changes
        if row is not None
    }
    moments = [(row.account_id, row.start) for row, _ in changes if row is not None]
    for account, moment in [*moments, *((one.account_id, one.start) for one in new)]:
        wanted[account] = min(moment, wanted.get(account, moment))
    return brought


def _bucket(due: pooling.Contribution) -> BalanceBucket:
    spec = due.spec
    return BalanceBucket(
        account_id=due.account_id,
        service_id=due.key.service_id,
        item_id=due.key.item_id,
        spec=spec,
        pool_id=due.key.pool_id,
        usage_type_id=spec.usage_type_id,
        name=spec.name,
        source="GRANT",
        priority=spec.priority,
        initial=spec.quantity,
        valid=DateTimeTZRange(due.start, due.end),
        period_start=due.key.period_start,
    )
