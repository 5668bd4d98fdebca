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
from rating.operations.summing import AccountChange, changed_sums, renew_sums
from rating.operations.writing import RATED_COLUMNS
from rating.queries.guides import Guides
from rating.queries.prices import EventPrices
from rating.queries.stored_events import FIELDS, StoredHeads, stored_pages
from rating.queries.terms import usage_charges, usage_types
from rating.rules.guiding import LINE, Guide
from rating.rules.reasons import Reason
from rating.rules.rows import Row
from rating.signals import usage_rerated

STAGE_COLUMNS = (
    "fate", "was_account_id", "event_start", "id", "account_id", "service_id",
    "subscription_charge_id", "on_date", "attribute_key", "billable_quantity",
)  # fmt: skip
NOWHERE = "\t".join(["\\N"] * 6)


class Lost(NamedTuple):
    """An event that belongs nowhere any more, and why."""

    row: Row
    reason: Reason


@dataclass(slots=True)
class Changes:
    """Gather what comes out otherwise of a page: COPY text of results, and of events to touch.

    Of an event whose result alone is another one, the result goes; one that is guided elsewhere
    moves with it; one that belongs nowhere is lost.
    """

    results: list[str] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)
    lines: int = 0
    """Events that are priced with their line."""
    lost: dict[str, Lost] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Return how many events come out otherwise."""
        return len(self.results) + self.lines

    def lose(self, event: list[str], why: Lost) -> None:
        """Note an event that belongs nowhere."""
        self.lost[event[2]] = why
        self._stage("LOST", event, NOWHERE)

    def note(self, event: list[str], guide: Guide, place: str, standing: str) -> None:
        """Note an event that does not stand as it comes out."""
        if not guide.by_event:
            self.lines += 1
            self._stage("MOVED", event, standing.removeprefix(LINE))
            return
        self.results.append(f"{standing}\t{event[1]}\t{event[2]}\n")
        if event[-1].startswith(place):
            self._stage("STALE", event, NOWHERE)
        else:
            self._stage("MOVED", event, f"{place}\t\\N")

    def _stage(self, fate: str, event: list[str], becomes: str) -> None:
        owner = event[-1].removeprefix(LINE).partition("\t")[0]
        self.staged.append(f"{fate}\t{owner}\t{event[1]}\t{event[2]}\t{becomes}\n")


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
            in_lines = _renew_events(cursor, scope, as_of, report)
        renew_sums(cursor, scope, in_lines=in_lines)
        sql.run(cursor, "rating", "request_derivations_of", **scope)
        _draw(cursor)
        report.accounts = changed_sums(cursor, scope)
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
) -> bool:
    """Guide and price the events page by page, and write what comes out otherwise.

    Returns whether lines may price any of them.
    """
    guides = Guides(charges=usage_charges(), prices=EventPrices(on_date=as_of.date()))
    heads, lead = StoredHeads(usage_types(), guides), guides.lead
    for page in stored_pages(cursor, {**scope, "names": heads.names}):
        heads.learn(cursor, {text.partition("\t")[0] for text in page})
        report.events += len(page)
        changes = Changes()
        for text in page:
            event = text.split("\t", FIELDS)
            head, start, identity, end, quantity, attributes, stands = event
            windows, by_end = heads[head]
            moment = end if by_end and end else start
            found = lead(windows, moment, start, quantity, attributes)
            if isinstance(found, Reason):
                changes.lose(event, Lost(heads.row(event), found))
                continue
            guide, group, day, rated = found
            place = f"{guide.place}{day}\t"
            if stands == place:  # it has no result yet
                changes.results.append(f"{place}{group.text}\t{rated[2]}\t{start}\t{identity}\n")
                continue
            standing = f"{place}{group.text}\t{rated[2]}"
            if standing != stands:
                changes.note(event, guide, place, standing)
        report.changed += changes.changed
        report.suspended += len(changes.lost)
        _apply(cursor, changes, scope, as_of)
    return heads.in_lines


def _apply(
    cursor: CursorWrapper, changes: Changes, scope: dict[str, object], as_of: datetime
) -> None:
    """Write what changed of a page: stale results go, events move, the lost are suspended."""
    if changes.staged:
        copying.copy_text(cursor, "rating_rerate_stage", STAGE_COLUMNS, ["".join(changes.staged)])
        sql.run(cursor, "rating", "rerate_apply", **scope)
    if changes.lost:
        sql.run(cursor, "rating", "rerate_lost")
        _suspend(cursor, changes.lost, cursor.fetchall(), as_of)
    if changes.staged:
        cursor.execute("TRUNCATE rating_rerate_stage")
    if changes.results:
        copying.copy_text(cursor, "rating_ratedusage", RATED_COLUMNS, ["".join(changes.results)])


def _suspend(
    cursor: CursorWrapper,
    lost: dict[str, Lost],
    taken: Iterable[tuple[int, int, int, int, str]],
    as_of: datetime,
) -> None:
    files: dict[tuple[int, int], list[Refused]] = defaultdict(list)
    for identity, source, file, number, key in taken:
        row, reason = lost[str(identity)]
        files[source, file].append(
            Refused(
                number, (), reason, "identifier", EXPLANATIONS[reason],
                row._replace(event_key=key), True,
            )
        )  # fmt: skip
    for (source, file), refused in sorted(files.items()):
        suspend(cursor, Batch(source, file, as_of, ()), refused)
