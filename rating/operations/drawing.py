"""Draw usage from balances: what was asked for, account by account (ENT-1 to ENT-3, ENT-6).

An account is drawn from a moment on: what its events should have drawn is compared with what they
did, and the difference is written as movements, on the events and in the sums. Drawing again
changes nothing. Loads, grants and corrections ask for it in their own transaction (`PendingDraw`),
so that a crash loses nothing, and whoever comes next does it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from rating.models import PendingDraw, PoolShare
from rating.queries.drawing import Holding, Stored, cover_amounts, holdings
from rating.rules.drawing import ZERO, Draw, draw
from rating.rules.pooling import Share, draw_pooled

CHUNK: Final = 500
MOVEMENT_COLUMNS: Final = ("bucket_id", "kind", "delta", "event_id", "event_at", "reason")
STAGE_COLUMNS: Final = (
    "account_id", "event_start", "id", "covered_quantity", "covered_amount", "less",
    "amount_less",
)  # fmt: skip
Line = tuple[object, ...]


def hold_usage(cursor: CursorWrapper) -> None:
    """Keep out rerating, which rewrites sums, until the transaction ends; loads do not wait."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('usage:sums', 0))")


def request_draws(wanted: Mapping[int, datetime]) -> None:
    """Ask that accounts be drawn, each from its moment on, once the transaction is committed."""
    PendingDraw.objects.bulk_create(
        [PendingDraw(account_id=account, since=since) for account, since in wanted.items()]
    )


def draw_pending(*, chunk: int = CHUNK) -> int:
    """Draw the usage of every account for which it was asked; return how many.

    Transactions of `chunk` accounts, each held by its lock; sessions share the work. Within a
    transaction of the caller, who may hold sums, an account that somebody else is drawing is left
    for whoever comes next: waiting for it could wait in a circle.
    """
    waits = not connection.in_atomic_block
    done = after = 0
    while PendingDraw.objects.filter(account_id__gt=after).exists():
        with transaction.atomic(), connection.cursor() as cursor:
            hold_usage(cursor)
            sql.run(cursor, "rating", "take_draws", after=after, size=chunk, wait=waits)
            rows = cursor.fetchall()
            held = _whole(cursor, rows)
            draw_accounts(cursor, _taken(cursor, held))
        asked = [account for account, _, is_asked in rows if is_asked]
        done += len({*held} & {*asked})
        after = max(asked, default=after)
        if not rows:
            break
    return done


def _whole(cursor: CursorWrapper, rows: Sequence[tuple[int, bool, bool]]) -> list[int]:
    """Return the accounts that are held together with all that share pools with them."""
    missed = [account for account, is_held, _ in rows if not is_held]
    left: set[int] = set()
    if missed:
        cursor.execute("SELECT rating_pool_mates(%s)", [missed])
        left = {account for (account,) in cursor.fetchall()}
    return [account for account, is_held, _ in rows if is_held and account not in left]


def _taken(cursor: CursorWrapper, held: list[int]) -> dict[int, datetime]:
    """Take what was asked for accounts that are held, each from the earliest moment."""
    cursor.execute(
        "DELETE FROM rating_pendingdraw WHERE account_id = ANY (%s) RETURNING account_id, since",
        [held],
    )
    wanted: dict[int, datetime] = {}
    for account, since in cursor.fetchall():
        wanted[account] = min(since, wanted.get(account, since))
    return wanted


def draw_held(
    cursor: CursorWrapper, accounts: list[int], brought: Mapping[int, Decimal] | None = None
) -> None:
    """Draw what is asked for some accounts within the caller's transaction, and hold them.

    `brought` is by how much the contributions to pools change, by bucket.
    """
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('balance:' || account, 0))"
        " FROM (SELECT mate FROM rating_pool_mates(%s) AS mate ORDER BY mate) AS every (account)",
        [accounts],
    )
    draw_accounts(cursor, _taken(cursor, accounts), brought)


def draw_accounts(
    cursor: CursorWrapper,
    wanted: Mapping[int, datetime],
    brought: Mapping[int, Decimal] | None = None,
) -> None:
    """Draw the usage of accounts that the caller holds, each from its moment on (ENT-6).

    Accounts that share pools are drawn together. Locks the buckets, then the sums that change,
    each in the order of keys.
    """
    movements: list[Line] = [
        (bucket, "BROUGHT", delta, None, None, "") for bucket, delta in (brought or {}).items()
    ]
    changed: list[tuple[Stored, Decimal]] = []
    shares: list[PoolShare] = []
    for holding in holdings(cursor, wanted, brought):
        drawn: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        covered: dict[int, Decimal] = defaultdict(Decimal)
        for one in _drawn(holding, shares):
            drawn[one.bucket_id, one.event_id] += one.quantity
            covered[one.event_id] += one.quantity
        movements += _movements(holding, drawn)
        changed += [
            (stored, covered.get(key, ZERO))
            for key, stored in holding.events.items()
            if covered.get(key, ZERO) != stored.covered
        ]
    if shares:
        PoolShare.objects.bulk_create(
            shares,
            update_conflicts=True,
            unique_fields=["pool", "period_start", "service"],
            update_fields=["contributed", "used", "covered"],
        )
    if movements:
        copying.copy_in(cursor, "rating_balancemovement", MOVEMENT_COLUMNS, movements)
    if changed:
        sql.run(cursor, "rating", "draw_stage_table")
        copying.copy_in(cursor, "rating_draw_stage", STAGE_COLUMNS, _lines(cursor, changed))
        sql.run(cursor, "rating", "apply_draws")


def _drawn(holding: Holding, shares: list[PoolShare]) -> Iterable[Draw]:
    """Return what covers the events; add to `shares` what changes about shares of pools."""
    events = [stored.event for stored in holding.events.values()]
    if not holding.periods:
        return draw(events, holding.buckets)
    found = draw_pooled(
        events,
        holding.buckets,
        allocations=holding.allocations,
        places=holding.places,
        before=holding.before,
    )
    for key in sorted({*found.shares, *holding.before}):
        share = found.shares.get(key, Share())
        if share != holding.before.get(key):
            pool, start, service = key
            shares.append(
                PoolShare(
                    pool_id=pool,
                    period_start=holding.periods[pool, start],
                    service_id=service,
                    contributed=share.contributed,
                    used=share.used,
                    covered=share.covered,
                )
            )
    return found.draws


def _movements(holding: Holding, drawn: Mapping[tuple[int, int], Decimal]) -> Iterator[Line]:
    """Yield the movements that lead from what was drawn to what should be."""
    for key in holding.standing.keys() | drawn.keys():
        bucket, event = key
        moment, before = holding.standing.get(key, (None, ZERO))
        if moment is None:
            moment = holding.events[event].event.at
        more = drawn.get(key, ZERO) - before
        if more:
            kind = "CONSUME" if more > 0 else "REVERSE"
            yield bucket, kind, -more, event, moment, ""


def _lines(cursor: CursorWrapper, changed: Sequence[tuple[Stored, Decimal]]) -> list[Line]:
    """Return the events whose cover changes, with what goes out of their sums."""
    parts = {
        (stored.event.account_id, stored.event.at, stored.event.id): (
            cover,
            stored.event.quantity,
            stored.amount,
        )
        for stored, cover in changed
        if stored.amount is not None and cover not in (ZERO, stored.event.quantity)
    }
    amounts = cover_amounts(cursor, parts)
    return [_line(stored, cover, amounts.get(stored.event.id)) for stored, cover in changed]


def _line(stored: Stored, cover: Decimal, part: Decimal | None) -> Line:
    amount = stored.amount if part is None else part
    now = ZERO if amount is None or not cover else amount
    return (
        stored.event.account_id, stored.event.at, stored.event.id, cover or None,
        now if cover and amount is not None else None, cover - stored.covered,
        now - (stored.covered_amount or ZERO),
    )  # fmt: skip
