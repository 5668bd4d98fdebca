"""Keep balances: grant what a period includes, end it, roll the rest over (ENT-4, desired state).

Every step looks for what is missing and is harmless to repeat: a grant is made once per item,
entitlement, service and period, a bucket is closed once and rolls over once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from foundation import sql
from foundation.locks import advisory_lock
from foundation.periods import boundary_instant, local_date
from rating.models import BalanceBucket, BalanceMovement
from rating.operations.alerting import alert_balances
from rating.operations.drawing import draw_held, draw_pending, hold_usage, request_draws
from rating.operations.money import post_breakage
from rating.operations.pooling import keep_pools
from rating.operations.top_ups import ask_top_ups, expire_top_ups
from rating.operations.trials import end_used_up_trials
from rating.queries.granting import DueGrant, SoldItem, due_grants, sold_items, specs, terms_of
from rating.rules.grants import rhythm_of, rolled_over, rollover_end

LOOK_BACK: Final = timedelta(days=100)
"""How long ago a period may have ended that is still granted: as far as bills are corrected."""
CHUNK: Final = 500
MOMENT: Final = timedelta(microseconds=1)
BILLED_WITHIN: Final = LOOK_BACK
"""How long after its end a balance of money still pays what is billed late of its days."""


@dataclass(slots=True)
class Settled:
    """Count what keeping balances did."""

    ended: int = 0
    granted: int = 0
    closed: int = 0
    pooled: int = 0
    alerted: int = 0
    trials: int = 0
    topped_up: int = 0


def settle_balances(*, as_of: datetime) -> Settled:
    """Bring the balances of all accounts to a moment; a second call does nothing.

    Pools have their members and what these bring; grants end with what they were granted for;
    what has begun is granted; usage is drawn; trials whose cap is used up end; alerts go out, and
    payments are asked for where top-ups say so; what has ended is closed in the order of time,
    its rest rolled over or expired.
    """
    done = Settled(pooled=keep_pools(as_of=as_of))
    included = specs()
    caps = [one.pk for each in included.values() for one in each if one.ends_trial]
    if included:
        _grant_and_draw(done, caps, as_of)
    else:
        draw_pending()
    if caps and (ended := end_used_up_trials(caps=caps, as_of=as_of)):
        done.trials = ended
        _grant_and_draw(done, caps, as_of)
    done.alerted = alert_balances(as_of=as_of)
    expire_top_ups(as_of=as_of)
    done.topped_up = ask_top_ups(as_of=as_of)
    while closed := _close(as_of):
        done.closed += closed
        draw_pending()
    return done


def _grant_and_draw(done: Settled, caps: Sequence[int], as_of: datetime) -> None:
    """End what has ended with what it was granted for, grant what has begun, draw usage."""
    done.ended += _end_grants(caps, as_of)
    done.granted += _grant(as_of)
    draw_pending()


def _end_grants(caps: Sequence[int], as_of: datetime) -> int:
    """End grants early whose item, service or subscription has ended (P9), or their trial."""
    with transaction.atomic(), connection.cursor() as cursor:
        sql.run(cursor, "rating", "ended_grants")
        ended = cursor.fetchall()
        if caps:
            sql.run(cursor, "rating", "ended_trials", caps=list(caps), as_of=as_of)
            ended += cursor.fetchall()
        first: dict[int, datetime] = {}
        for account, end in ended:
            last = end - MOMENT  # still within the bucket, so that what it gave since is seen
            first[account] = min(last, first.get(account, last))
        request_draws(first)
    return len(ended)


def _grant(as_of: datetime) -> int:
    """Make the grants that have begun by a moment, wherever its local day is latest."""
    until = (as_of + timedelta(hours=14)).date()
    since = until - LOOK_BACK
    included, count = specs(), 0
    for items in sold_items(since=since, until=until):
        if not due_grants(items, included, since=since, until=until + timedelta(1)):
            continue
        with transaction.atomic():
            advisory_lock("usage", "sums")  # a load that is running would not see the bucket
            due = [
                one
                for one in due_grants(items, included, since=since, until=until + timedelta(1))
                if boundary_instant(one.grant.days.start, one.item.zone) <= as_of
            ]
            _write_grants(due, as_of)
        count += len(due)
    return count


def _write_grants(due: Sequence[DueGrant], as_of: datetime) -> None:
    made = BalanceBucket.objects.bulk_create(
        [_granted(one, as_of) for one in due], batch_size=CHUNK
    )
    _fill(made, "GRANT")


def _granted(due: DueGrant, as_of: datetime) -> BalanceBucket:
    """Return the bucket of a grant; that of a trial has no end before the trial has ended."""
    item, spec, grant = due.item, due.spec, due.grant
    end: datetime | None = boundary_instant(grant.days.end, item.zone)
    if spec.ends_trial and end is not None and end > as_of:
        end = None
    return BalanceBucket(
        account_id=item.account_id,
        service_id=due.service_id,
        item_id=item.item_id,
        spec=spec,
        usage_type_id=spec.usage_type_id,
        usage_filter=spec.usage_filter,
        name=spec.name,
        source="GRANT",
        priority=spec.priority,
        is_blocker=spec.is_blocker,
        initial=grant.quantity,
        valid=DateTimeTZRange(
            boundary_instant(grant.days.start, item.zone),
            end,
        ),
        period_start=grant.full.start,
    )


def _fill(made: Sequence[BalanceBucket], kind: str) -> None:
    """Fill new buckets with what they begin with, and ask that usage of their time be drawn."""
    BalanceMovement.objects.bulk_create(
        [BalanceMovement(bucket=one, kind=kind, delta=one.initial) for one in made],
        batch_size=CHUNK,
    )
    first: dict[int, datetime] = {}
    for one in made:
        start = one.valid.lower
        first[one.account_id] = min(start, first.get(one.account_id, start))
    request_draws(first)


def _close(as_of: datetime) -> int:
    """Close the buckets of some accounts that ended first by a moment; return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        sql.run(cursor, "rating", "ended_buckets",
            as_of=as_of, money_until=as_of - BILLED_WITHIN, size=CHUNK,
        )  # fmt: skip
        found = cursor.fetchall()
        if not found:
            return 0
        hold_usage(cursor)
        draw_held(cursor, sorted({account for _, account in found}))
        rows = list(
            BalanceBucket.objects.select_for_update(of=("self",), no_key=True)
            .filter(pk__in=[key for key, _ in found], closed_at__isnull=True)
            .select_related("spec__usage_type__unit", "account__entity")
            .order_by("pk")
        )
        _end(rows, _items_of(rows), as_of)
    return len(found)


def _items_of(rows: Sequence[BalanceBucket]) -> dict[int, SoldItem]:
    """Return the items of buckets that may roll over: those that live at the end of the bucket."""
    wanted = {
        row.item_id for row in rows if row.spec and row.spec.rollover_percent and row.remaining
    }
    if not wanted:
        return {}
    ends = [row.valid.upper.date() for row in rows]
    pages = sold_items(since=min(ends) - timedelta(1), until=max(ends) + timedelta(1))
    return {one.item_id: one for page in pages for one in page if one.item_id in wanted}


def _end(rows: Sequence[BalanceBucket], items: dict[int, SoldItem], as_of: datetime) -> None:
    """Roll over and let expire what buckets leave, then close them (ENT-4)."""
    post_breakage(rows, as_of)
    heirs: list[BalanceBucket] = []
    movements: list[BalanceMovement] = []
    for row in rows:
        heir = _heir(row, items.get(row.item_id or 0))
        rolled = Decimal(0)
        if heir is not None:
            heirs.append(heir)
            rolled = heir.initial
            movements.append(BalanceMovement(bucket=row, kind="ROLL_OUT", delta=-rolled))
        if row.remaining > rolled:
            left = rolled - row.remaining
            movements.append(BalanceMovement(bucket=row, kind="EXPIRE", delta=left))
    BalanceMovement.objects.bulk_create(movements, batch_size=CHUNK)
    BalanceBucket.objects.filter(pk__in=[row.pk for row in rows]).update(closed_at=as_of)
    _fill(BalanceBucket.objects.bulk_create(heirs, batch_size=CHUNK), "ROLL_IN")


def _heir(row: BalanceBucket, item: SoldItem | None) -> BalanceBucket | None:
    """Return the bucket into which what is left rolls over; None where all of it expires."""
    if row.spec is None or item is None:
        return None
    terms = terms_of(row.spec)
    rolled = rolled_over(terms, unused=row.remaining, source=row.source)
    start = local_date(row.valid.upper, item.zone)
    if rolled <= 0 or (item.end is not None and item.end <= start):
        return None
    rhythm = rhythm_of(terms, start=item.start, cycle=item.cycle)
    return BalanceBucket(
        account_id=row.account_id,
        service_id=row.service_id,
        item_id=row.item_id,
        spec_id=row.spec_id,
        parent_id=row.pk,
        usage_type_id=row.usage_type_id,
        usage_filter=row.usage_filter,
        name=row.name,
        source="ROLLOVER",
        priority=row.priority,
        is_blocker=False,
        initial=rolled,
        valid=DateTimeTZRange(
            row.valid.upper,
            boundary_instant(rollover_end(terms, rhythm=rhythm, start=start), item.zone),
        ),
        period_start=start,
    )
