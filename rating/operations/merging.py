"""Put calls and sessions that came in parts together (RATE step 4).

Parts wait in suspense as PARTIAL, each counted once by its key. When none lacks, or when their
source waits no longer, the first of them goes through the pipeline as the whole session and the
others end as MERGED into it. A part that comes later amends the event: what was billed is
corrected on the next document (CHG-3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Min, QuerySet

from foundation.locks import advisory_lock
from rating.choices import SuspenseState, ValueBasis
from rating.models import SuspenseItem, UsageEvent, UsageSource
from rating.operations.correcting import CannotCorrect, amend_event
from rating.operations.drawing import draw_pending
from rating.operations.suspending import Recycled, recycle_locked
from rating.queries.usage import holders_of
from rating.rules.partials import (
    YES,
    Part,
    PartTerms,
    Whole,
    first_and_again,
    is_whole,
    put_together,
)
from rating.rules.reasons import Reason
from rating.rules.rows import PREFIX, utc_text

SESSIONS_AT_ONCE: Final = 1_000
SessionKey = tuple[str, str, str]
"""Session, usage type and identifier."""


@dataclass(slots=True)
class MergedParts:
    """Count sessions put together, parts that came later, and parts that still wait."""

    sessions: int = 0
    late: int = 0
    waiting: int = 0


def merge_parts(*, as_of: datetime, source_ids: Collection[int] | None = None) -> MergedParts:
    """Put the sessions together that are whole, or as old as their source waits (RATE step 4).

    Called for its source once a load is committed, and every hour by the clock for all. A second
    call finds nothing to do. Some sessions are a transaction, an event that is amended is another.
    """
    done = MergedParts()
    sources = UsageSource.objects.exclude(session_attribute="")
    if source_ids is not None:
        sources = sources.filter(pk__in=source_ids)
    for source in sources.order_by("pk"):
        for keys in _sessions(source):
            late = _merge(source, keys, as_of, done)
            for carrier, parts in late:
                done.late += _amend(source, carrier, parts, as_of)
        done.waiting += _waiting(source).count()
    draw_pending()
    return done


def _waiting(source: UsageSource) -> QuerySet[SuspenseItem]:
    return SuspenseItem.objects.filter(
        source=source, state=SuspenseState.OPEN, reason=Reason.PARTIAL
    ).exclude(session="")


def _sessions(source: UsageSource) -> Iterator[list[SessionKey]]:
    """Yield the sessions of which parts wait, some at a time, the longest waiting first."""
    found = list(
        _waiting(source)
        .order_by()
        .values_list("session", "usage_type", "identifier")
        .annotate(first=Min("pk"))
        .order_by("first")
        .values_list("session", "usage_type", "identifier")
    )
    for at in range(0, len(found), SESSIONS_AT_ONCE):
        yield found[at : at + SESSIONS_AT_ONCE]


@transaction.atomic
def _merge(
    source: UsageSource, keys: Sequence[SessionKey], as_of: datetime, done: MergedParts
) -> list[tuple[SuspenseItem, list[SuspenseItem]]]:
    """Put sessions together; return those that were before, with the parts that came since."""
    advisory_lock("usage", f"merge:{source.pk}")
    terms = source.part_terms
    assert terms is not None
    groups = _parts_of(source, keys)
    whole: list[SuspenseItem] = []
    ended: list[SuspenseItem] = []
    late = []
    for items in groups.values():
        waiting = [one for one in items if _is_waiting(one)]
        carrier = next((one for one in items if one.corrections.get(terms.blank) == ""), None)
        if carrier is not None:
            late.append((carrier, waiting))
            continue
        parts, again = first_and_again([_part(one, terms) for one in waiting])
        by_id = {one.pk: one for one in waiting}
        _refuse_again([by_id[one.id] for one in again])
        oldest = min(one.received_at for one in waiting)
        if not is_whole(parts) and oldest + timedelta(hours=source.session_hours) > as_of:
            continue
        first, *others = [by_id[part.id] for part in parts]
        columns = _columns(put_together(parts))
        first.corrections = {**first.corrections, **columns, terms.blank: ""}
        whole.append(first)
        ended += _ended(others, first, as_of)
    _end(ended)
    if whole:
        recycle_locked(whole, as_of, None, Recycled())
    done.sessions += len(whole)
    return late


def _parts_of(
    source: UsageSource, keys: Sequence[SessionKey]
) -> dict[SessionKey, list[SuspenseItem]]:
    """Lock the parts of sessions, those that wait and those that were put together."""
    wanted = set(keys)
    groups: dict[SessionKey, list[SuspenseItem]] = defaultdict(list)
    rows = (
        SuspenseItem.objects.select_for_update(of=("self",))
        .select_related("write_off")
        .exclude(state=SuspenseState.MERGED)
        .filter(source=source, session__in={one[0] for one in keys})
    )
    for item in rows.order_by("pk"):
        key = (item.session, item.usage_type, item.identifier)
        if key in wanted:
            groups[key].append(item)
    return {key: items for key, items in groups.items() if any(_is_waiting(one) for one in items)}


def _is_waiting(item: SuspenseItem) -> bool:
    return item.reason == Reason.PARTIAL and item.state == SuspenseState.OPEN and not item.is_held


def _part(item: SuspenseItem, terms: PartTerms) -> Part:
    values = {**item.fields, **item.corrections}
    assert item.event_start is not None
    assert item.quantity is not None
    return Part(
        item.pk,
        int(values[PREFIX + terms.sequence]),
        values.get(PREFIX + terms.last, "").lower() in YES,
        item.event_start,
        _moment(values["event_end"]),
        item.quantity,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _columns(whole: Whole) -> dict[str, str]:
    return {
        "event_start": f"{utc_text(whole.start)}Z",
        "event_end": f"{utc_text(whole.end)}Z",
        "quantity": f"{whole.quantity.normalize():f}",
    }


def _refuse_again(items: Sequence[SuspenseItem]) -> None:
    """Let a part whose number came before wait as a conflict, out of its session."""
    for item in items:
        item.reason, item.session = Reason.DUP_CONFLICT.value, ""
        item.message = "this part of its session was received before"
        item.basis, item.worth, item.currency = ValueBasis.PENDING, None, ""
    SuspenseItem.objects.bulk_update(
        items, ["reason", "session", "message", "basis", "worth", "currency"], batch_size=1000
    )


def _ended(
    items: Sequence[SuspenseItem], into: SuspenseItem, as_of: datetime
) -> Sequence[SuspenseItem]:
    for item in items:
        item.state, item.merged_into, item.resolved_at = SuspenseState.MERGED, into, as_of
    return items


def _end(items: Sequence[SuspenseItem]) -> None:
    SuspenseItem.objects.bulk_update(
        items, ["state", "merged_into", "resolved_at"], batch_size=1000
    )


@transaction.atomic
def _amend(
    source: UsageSource, carrier: SuspenseItem, late: Sequence[SuspenseItem], as_of: datetime
) -> int:
    """Add parts that came late to their session, stored or waiting itself; return how many.

    Where it counts no more, or cannot be stored with them, they wait and say so.
    """
    advisory_lock("usage", "sums")
    terms = source.part_terms
    assert terms is not None
    items = list(
        SuspenseItem.objects.select_for_update()
        .filter(pk__in=[one.pk for one in late], state=SuspenseState.OPEN)
        .order_by("pk")
    )
    parts = [_part(one, terms) for one in items]
    carrier = SuspenseItem.objects.select_related("write_off").get(pk=carrier.pk)
    if carrier.state == SuspenseState.OPEN and not carrier.is_held:
        values = carrier.corrections
        known = (_moment(values["event_start"]), _moment(values["event_end"]))
        session = Part(0, 0, False, *known, Decimal(values["quantity"]))
        carrier.corrections = {**values, **_columns(put_together([*parts, session]))}
        carrier.basis, carrier.worth, carrier.currency = ValueBasis.PENDING, None, ""
        carrier.save()
        _end(_ended(items, carrier, as_of))
        return len(items)
    event = _event_of(carrier)
    if event is None:
        _leave(items, "the event of its session counts no more")
        return 0
    stored = Part(0, 0, False, event.event_start, event.event_end, event.quantity)
    changes = _columns(put_together([*parts, stored]))
    try:
        amend_event(
            account_id=event.account_id,
            event_id=event.id,
            corrections=changes,
            reason="a part of its session came late",
            as_of=as_of,
        )
    except CannotCorrect as refusal:
        _leave(items, f"its session cannot take it: {refusal.message}")
        return 0
    _end(_ended(items, carrier, as_of))
    return len(items)


def _leave(items: Sequence[SuspenseItem], message: str) -> None:
    for item in items:
        item.message = message[:300]
    SuspenseItem.objects.bulk_update(items, ["message"], batch_size=1000)


def _event_of(carrier: SuspenseItem) -> UsageEvent | None:
    """Return the event of a session, among the accounts that ever held its identifier."""
    if carrier.state != SuspenseState.RECYCLED:
        return None
    start = _moment(carrier.corrections["event_start"])
    end = _moment(carrier.corrections["event_end"])
    values = {**carrier.fields, **carrier.corrections}
    return UsageEvent.objects.filter(
        account_id__in=holders_of(values["identifier"]),
        event_start__gte=start - timedelta(days=31),
        event_start__lte=max(start, end),
        source_id=carrier.source_id,
        event_key=values["event_key"],
        file_id=carrier.file_id,
        row_number=carrier.row_number,
    ).first()
