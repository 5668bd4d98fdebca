"""Rate stored usage again after a price, an owner or a timeline was corrected (RATE-2).

Every event of the scope is guided and priced anew with today's catalogue and timeline; sums of
the days it touches are rebuilt. The result depends only on the events, the catalogue and the
timeline (RATE-1), so a second call changes nothing. What was billed already is corrected by
invoicing as a difference, because it compares its bills with these sums.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from foundation import copying, sql
from foundation.locks import advisory_lock
from foundation.permissions import require
from rating.operations.drawing import draw_held
from rating.operations.outcome import EXPLANATIONS, Batch, Refused
from rating.operations.storing import suspend
from rating.queries.guides import Guided, Guides, database_instant
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.rules.reasons import Reason
from rating.rules.rows import Route, Row, UsageTypeTerms, relevant_of
from rating.signals import usage_rerated

PAGE = 20_000
STAGE_COLUMNS = (
    "id", "old_account_id", "event_start", "old_on_date", "account_id", "service_id",
    "subscription_charge_id", "on_date", "attribute_key", "billable_quantity", "state",
    "price_version_id", "amount_exact", "currency",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class _Stored:
    """An event as it stands, with what may change about it."""

    row: Row
    id: int
    account_id: int
    source_id: int
    file_id: int
    row_number: int
    received_at: datetime
    on_date: str
    standing: tuple[object, ...]


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
    with transaction.atomic(), connection.cursor() as cursor:
        advisory_lock("usage", "sums")
        scope = {
            "accounts": None if account_ids is None else list(account_ids),
            "start": start,
            "finish": end,
        }
        sql.run(cursor, "rating", "rerate_stage_table")
        lost = _stage_changes(cursor, scope, as_of, report)
        sql.run(cursor, "rating", "rerate_days", **scope)
        before = _sums(cursor)
        sql.run(cursor, "rating", "rerate_apply")
        _suspend(cursor, lost, as_of)
        sql.run(cursor, "rating", "rebuild_sums")
        _draw(cursor)
        report.accounts = _changes(before, _sums(cursor))
        touched = [change.account_id for change in report.accounts]
        if rehearse:
            transaction.set_rollback(True)
        else:
            transaction.on_commit(lambda: usage_rerated.send(sender=Rerated, account_ids=touched))
    return report


def _draw(cursor: CursorWrapper) -> None:
    """Draw the accounts of changed events anew, as far as they have balances (ENT-6)."""
    sql.run(cursor, "rating", "rerate_draws")
    cursor.execute("SELECT DISTINCT account_id FROM rating_rebuild_stage")
    draw_held(cursor, [account for (account,) in cursor.fetchall()])


def _stage_changes(
    cursor: CursorWrapper, scope: dict[str, Any], as_of: datetime, report: Rerated
) -> list[tuple[_Stored, Reason]]:
    types = usage_types()
    prices = EventPrices(on_date=as_of.date())
    guides = Guides(charges=usage_charges(), prices=prices)
    lost: list[tuple[_Stored, Reason]] = []
    routes: dict[tuple[Any, ...], Route] = {}
    for page in _pages(cursor, scope, types, routes):
        guides.learn(cursor, {(one.row.identifier_type, one.row.identifier) for one in page})
        lines = []
        for one in page:
            report.events += 1
            found = guides.find(one.row)
            if isinstance(found, Reason):
                lost.append((one, found))
                report.suspended += 1
                lines.append(_line(one, None))
            elif _standing(found) != one.standing:
                report.changed += 1
                lines.append(_line(one, found))
        if lines:
            copying.copy_in(cursor, "rating_rerate_stage", STAGE_COLUMNS, lines)
    return lost


def _pages(
    cursor: CursorWrapper,
    scope: dict[str, Any],
    types: dict[str, UsageTypeTerms],
    routes: dict[tuple[Any, ...], Route],
) -> Iterator[list[_Stored]]:
    after: dict[str, Any] = {"after_account": 0, "after_start": "-infinity", "after_id": 0}
    while True:
        sql.run(cursor, "rating", "rerate_page", **scope, **after, size=PAGE)
        page = [_stored(record, types, routes) for record in cursor.fetchall()]
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1]
        after = {
            "after_account": last.account_id,
            "after_start": f"{last.row.start}+00",
            "after_id": last.id,
        }


def _stored(
    record: tuple[Any, ...],
    types: dict[str, UsageTypeTerms],
    routes: dict[tuple[Any, ...], Route],
) -> _Stored:
    (
        key, account, start, end, kind, id_type, identifier, quantity, attributes, service,
        own, on_date, group, billable, state, version, amount, source, file, number, event_key,
        received,
    ) = record  # fmt: skip
    terms = types.get(kind)
    relevant, text = relevant_of(terms, attributes)
    route = routes.setdefault(
        (kind, id_type, relevant),
        Route(kind, id_type, relevant, terms.at_end if terms else False),
    )
    row = Row(
        event_key, kind, id_type, identifier, database_instant(start), database_instant(end),
        f"{quantity.normalize():f}", quantity, text, route, "", "",
    )  # fmt: skip
    return _Stored(
        row, key, account, source, file, number, received, on_date,
        (account, service, own, on_date, group, billable, state, version, amount),
    )  # fmt: skip


def _standing(found: Guided) -> tuple[object, ...]:
    priced = found.state == "RATED"
    return (
        found.guide.account_id, found.guide.service_id, found.guide.charge.subscription_charge_id,
        found.day, found.guide.attribute_key, found.billable, found.state,
        int(found.price) if priced else None, found.amount if priced else None,
    )  # fmt: skip


def _line(one: _Stored, found: Guided | None) -> tuple[object, ...]:
    head = (one.id, one.account_id, f"{one.row.start}+00", one.on_date)
    if found is None:
        return (*head, *[None] * 10)
    return (*head, *_standing(found), found.currency if found.state == "RATED" else None)


def _suspend(cursor: CursorWrapper, lost: list[tuple[_Stored, Reason]], as_of: datetime) -> None:
    for one, reason in lost:
        batch = Batch(one.source_id, one.file_id, as_of, ())
        refused = Refused(
            one.row_number, (), reason, "identifier", EXPLANATIONS[reason], one.row, True
        )
        suspend(cursor, batch, [refused])


Sums = dict[int, tuple[Decimal, int, Decimal]]


def _sums(cursor: CursorWrapper) -> Sums:
    sql.run(cursor, "rating", "account_sums")
    return {
        account: (qty, int(count), amount) for account, qty, count, amount in cursor.fetchall()
    }


def _changes(before: Sums, after: Sums) -> list[AccountChange]:
    none = (Decimal(0), 0, Decimal(0))
    found = []
    for account in sorted(before.keys() | after.keys()):
        old, new = before.get(account, none), after.get(account, none)
        if old != new:
            found.append(AccountChange(account, old[0], new[0], old[1], new[1], old[2], new[2]))
    return found
