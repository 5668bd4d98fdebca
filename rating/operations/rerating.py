"""Rate stored usage again after a price, an owner or a timeline was corrected (RATE-2).

Every event of the scope is guided and priced anew with today's catalogue and timeline; sums of
the days it touches are rebuilt. The result depends only on the events, the catalogue and the
timeline (RATE-1), so a second call changes nothing. What was billed already is corrected by
invoicing as a difference, because it compares its bills with these sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from foundation.locks import advisory_lock
from foundation.permissions import require
from rating.operations.drawing import draw_held
from rating.operations.loading import collector_at_rest
from rating.operations.outcome import EXPLANATIONS, Batch, Refused
from rating.operations.storing import suspend
from rating.queries.guides import Guides
from rating.queries.prices import EventPrices
from rating.queries.stored_events import StoredHeads, stored_pages
from rating.queries.terms import usage_charges, usage_types
from rating.rules.reasons import Reason
from rating.rules.rows import Row
from rating.signals import usage_rerated

STAGE_COLUMNS = (
    "place", "part", "account_id", "service_id", "subscription_charge_id", "attribute_key",
    "on_date", "billable_quantity", "state", "price_version_id", "amount_exact", "currency",
)  # fmt: skip
NOWHERE = "\t\\N" * 10 + "\n"


class Lost(NamedTuple):
    """An event that belongs nowhere any more, and why."""

    row: Row
    reason: Reason


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Compare an account's usage before and after rating again."""

    account_id: int
    quantity_before: Decimal
    quantity_after: Decimal
    events_before: int
    events_after: int
    amount_before: Decimal
    amount_after: Decimal


@dataclass(slots=True)
class Rerated:
    """Report what rating again did."""

    events: int = 0
    changed: int = 0
    suspended: int = 0
    accounts: list[AccountChange] = field(default_factory=list)


def rerate(
    *,
    start: date,
    end: date,
    account_ids: Sequence[int] | None = None,
    as_of: datetime,
    actor: User | None = None,
    rehearse: bool = False,
) -> Rerated:
    """Guide and price the events of local days [start, end) again; rebuild their sums.

    `account_ids` are the accounts that hold the events now; None is all. Events that belong
    nowhere any more go to suspense. `rehearse` takes everything back and only reports. Loads
    wait until it is done. Announces `usage_rerated`.

    Raises: Forbidden.
    """
    require(actor, "rating.rate_usage")
    report = Rerated()
    scope: dict[str, object] = {
        "accounts": None if account_ids is None else list(account_ids),
        "start": start,
        "finish": end,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        advisory_lock("usage", "sums")
        sql.run(cursor, "rating", "rerate_stage_table")
        with collector_at_rest():
            _renew_events(cursor, scope, as_of, report)
        sql.run(cursor, "rating", "rerate_sums", **scope)
        sql.run(cursor, "rating", "rerate_before", **scope)
        sql.run(cursor, "rating", "rerate_renew", **scope)
        sql.run(cursor, "rating", "request_derivations_of", **scope)
        _draw(cursor)
        sql.run(cursor, "rating", "rerate_changes", **scope)
        report.accounts = [AccountChange(*row) for row in cursor.fetchall()]
        touched = [change.account_id for change in report.accounts]
        if rehearse:
            transaction.set_rollback(True)
        else:
            transaction.on_commit(lambda: usage_rerated.send(sender=Rerated, account_ids=touched))
    return report


def _draw(cursor: CursorWrapper) -> None:
    """Draw the accounts anew, as far as they have balances (ENT-6)."""
    sql.run(cursor, "rating", "rerate_draws")
    draw_held(cursor, [account for (account,) in cursor.fetchall()])


def _renew_events(
    cursor: CursorWrapper, scope: dict[str, object], as_of: datetime, report: Rerated
) -> None:
    """Guide and price the events page by page, and write those that come out otherwise."""
    guides = Guides(charges=usage_charges(), prices=EventPrices(on_date=as_of.date()))
    heads, lead = StoredHeads(usage_types(), guides), guides.lead
    for page in stored_pages(cursor, {**scope, "names": heads.names}):
        heads.learn(cursor, {event[2] for event in page})
        report.events += len(page)
        changed: dict[str, list[str]] = defaultdict(list)
        lost: dict[str, dict[str, Lost]] = defaultdict(dict)
        for event in page:
            place, part, head, start, end, quantity, attributes, stands = event
            windows, by_end = heads[head]
            start = start.replace(" ", "T")
            moment = end.replace(" ", "T") if by_end and end else start
            found = lead(windows, moment, start, quantity, attributes)
            if isinstance(found, Reason):
                lost[part][place] = Lost(heads.row(event), found)
                continue
            guide, day, rated = found
            standing = f"{guide.fixed}{day}\t{rated[2]}"
            if standing != stands:
                changed[part].append(f"{place}\t{part}\t{standing}\n")
        for part in sorted(changed.keys() | lost.keys()):
            report.changed += len(changed[part])
            report.suspended += len(lost[part])
            _apply(cursor, part, changed[part], lost[part], scope, as_of)


def _apply(
    cursor: CursorWrapper,
    part: str,
    changed: list[str],
    lost: dict[str, Lost],
    scope: dict[str, object],
    as_of: datetime,
) -> None:
    """Write the changed events of a page and a partition to their places; suspend the lost."""
    nowhere = [f"{place}\t{part}{NOWHERE}" for place in lost]
    copying.copy_text(cursor, "rating_rerate_stage", STAGE_COLUMNS, ["".join(changed + nowhere)])
    cursor.execute("SELECT %s::oid::regclass::text", [part])
    name = cursor.fetchone()[0]
    if changed:
        sql.run(cursor, "rating", "rerate_touched", **scope)
        statement = sql.statement("rating", "rerate_apply").replace("a_partition", name)
        cursor.execute(statement, {"part": part})
    if lost:
        statement = sql.statement("rating", "rerate_lost").replace("a_partition", name)
        cursor.execute(statement, {"part": part})
        _suspend(cursor, lost, cursor.fetchall(), as_of)
    cursor.execute("TRUNCATE rating_rerate_stage")


def _suspend(
    cursor: CursorWrapper,
    lost: dict[str, Lost],
    taken: Iterable[tuple[str, int, int, int, str]],
    as_of: datetime,
) -> None:
    files: dict[tuple[int, int], list[Refused]] = defaultdict(list)
    for place, source, file, number, key in taken:
        row, reason = lost[place]
        files[source, file].append(
            Refused(
                number, (), reason, "identifier", EXPLANATIONS[reason],
                row._replace(event_key=key), True,
            )
        )  # fmt: skip
    for (source, file), refused in sorted(files.items()):
        suspend(cursor, Batch(source, file, as_of, ()), refused)
