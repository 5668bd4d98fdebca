"""Work on suspended usage: correct and recycle (RATE step 9)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from audit import operations as audit_operations
from audit.operations.events import Happening
from foundation.errors import Invalid, Refusal
from foundation.permissions import require
from rating.choices import SuspenseState, ValueBasis, WriteOffState
from rating.models import SuspenseItem, SuspenseWriteOff, UsageFile
from rating.operations.drawing import draw_pending, hold_usage
from rating.operations.outcome import Batch, Outcome, Refused
from rating.operations.storing import storable, store
from rating.operations.tools import make_tools
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED, is_attribute
from rating.signals import usage_recycled

MOST_ITEMS = 10_000


class CannotRecycle(Refusal):
    """A row of the selection has already ended or does not exist."""

    rule = "RATE-9"


@dataclass(slots=True)
class Recycled:
    """Count what became of recycled rows."""

    stored: int = 0
    duplicates: int = 0
    still_open: int = 0


def recycle(
    *,
    item_ids: Sequence[int],
    corrections: Mapping[str, str] | None = None,
    as_of: datetime,
    actor: User | None = None,
) -> Recycled:
    """Put suspended rows through the pipeline again, with corrections by column.

    The row keeps its event time and file; it counts as received `as_of`, so that a bill run cut
    off before does not see it. What still fails stays OPEN with its new reason, one attempt more
    and the corrections noted. Locks the items. Announces `usage_recycled`.

    Raises: Forbidden, Invalid, CannotRecycle.
    """
    require(actor, "rating.recycle_suspense")
    changed = _checked(corrections or {})
    result = Recycled()
    with transaction.atomic():
        items = locked_open(item_ids)
        for item in items:
            item.corrections = {**item.corrections, **changed}
        recycle_locked(items, as_of, actor, result)
    draw_pending()
    return result


def recycle_locked(
    items: Sequence[SuspenseItem], as_of: datetime, actor: User | None, result: Recycled
) -> None:
    """Put locked rows through the pipeline again with the corrections that they carry.

    Draws are asked for, not made. Announces `usage_recycled`.
    """
    by_file: dict[int, list[SuspenseItem]] = defaultdict(list)
    for item in items:
        by_file[item.file_id].append(item)
    stored: list[int] = []
    for of_file in by_file.values():
        stored += _recycle_file(of_file, as_of, actor, result)
    transaction.on_commit(lambda: usage_recycled.send(sender=SuspenseItem, item_ids=stored))


def give_up(items: Sequence[SuspenseItem], why: str, as_of: datetime, actor: User | None) -> None:
    """End locked rows as written off; whoever calls has seen to it that this was approved."""
    for item in items:
        item.state, item.resolution = SuspenseState.WRITTEN_OFF, why
        item.resolved_at, item.resolved_by = as_of, actor
    SuspenseItem.objects.bulk_update(
        items, ["state", "resolution", "resolved_at", "resolved_by"], batch_size=1000
    )
    audit_operations.record_events(
        [
            Happening(
                "usage.written_off",
                item._meta.label_lower,
                item.pk,
                {"reason": item.reason, "why": why, "write_off": item.write_off_id},
                actor.pk if actor else None,
            )
            for item in items
        ]
    )


def _checked(corrections: Mapping[str, str]) -> dict[str, str]:
    for name, value in corrections.items():
        if name not in REQUIRED + OPTIONAL and not (
            name.startswith(PREFIX) and is_attribute(name.removeprefix(PREFIX))
        ):
            raise Invalid(f"there is no column {name[:60]!r}", rule="HEADER")
        if len(value) > 500:
            raise Invalid("a corrected value is longer than 500 characters", rule="LENGTH")
    return {name: storable(value) for name, value in corrections.items()}


def locked_open(item_ids: Collection[int]) -> list[SuspenseItem]:
    """Lock open rows in their order; none of them waits for the approval of a write-off.

    Raises: Invalid, CannotRecycle.
    """
    wanted = set(item_ids)
    if not 1 <= len(wanted) <= MOST_ITEMS:
        raise Invalid(f"choose 1 to {MOST_ITEMS} rows", rule="ROWS")
    items = list(
        SuspenseItem.objects.select_for_update()
        .filter(pk__in=wanted, state=SuspenseState.OPEN)
        .order_by("pk")
    )
    if len(items) != len(wanted):
        raise CannotRecycle(
            f"{len(wanted) - len(items)} of the rows are not open any more; look again"
        )
    held = SuspenseWriteOff.objects.filter(
        state=WriteOffState.PENDING, pk__in={one.write_off_id for one in items}
    ).first()
    if held is not None:
        raise CannotRecycle(f"some of the rows wait for the approval of {held}; withdraw it first")
    return items


def _recycle_file(
    items: list[SuspenseItem], as_of: datetime, actor: User | None, result: Recycled
) -> list[int]:
    """Recycle the items of one file; return those stored."""
    file = UsageFile.objects.select_related("source").get(pk=items[0].file_id)
    rows = {item.row_number: {**item.fields, **item.corrections} for item in items}
    names = {name for row in rows.values() for name in row}
    columns = [*REQUIRED, *OPTIONAL, *sorted(n for n in names if n.startswith(PREFIX))]
    # The limit of lateness looks at when the row first came, not at when it was corrected.
    tools = make_tools(file.source, columns, file.received_at)
    batch = Batch(file.source_id, file.pk, as_of, tuple(columns), parts=file.source.part_terms)
    with connection.cursor() as cursor:
        hold_usage(cursor)
        outcome = store(
            cursor,
            batch=batch,
            reader=tools.reader,
            guides=tools.guides,
            rows=[[str(n), *(row.get(name, "") for name in columns)] for n, row in rows.items()],
        )
    return _note(items, outcome, as_of, actor, result)


def _note(
    items: list[SuspenseItem],
    outcome: Outcome,
    as_of: datetime,
    actor: User | None,
    result: Recycled,
) -> list[int]:
    refused = {one.number: one for one in outcome.refused}
    stored = []
    for item in items:
        item.attempts += 1
        if item.row_number in refused:
            _still_waits(item, refused[item.row_number])
            result.still_open += 1
            continue
        item.resolved_at, item.resolved_by = as_of, actor
        if item.row_number in outcome.duplicates:
            item.state = SuspenseState.DUPLICATE
            result.duplicates += 1
        else:
            item.state = SuspenseState.RECYCLED
            result.stored += 1
            stored.append(item.pk)
    SuspenseItem.objects.bulk_update(
        items,
        [
            *("state", "attempts", "corrections", "reason", "column", "message", "holds_key"),
            *("usage_type", "identifier", "event_start", "quantity"),
            *("resolved_at", "resolved_by", "basis", "worth", "currency", "account_id"),
            "session",
        ],
        batch_size=1000,
    )
    return stored


def _still_waits(item: SuspenseItem, why: Refused) -> None:
    item.reason, item.column, item.message = why.reason.value, why.column, why.message[:300]
    item.holds_key = item.holds_key or why.holds_key
    item.basis, item.worth, item.currency = ValueBasis.PENDING, None, ""
    item.account_id = None
    item.session = why.session or item.session
    if why.row is not None:
        item.usage_type, item.identifier = why.row.usage_type, why.row.identifier
        item.event_start = datetime.fromisoformat(f"{why.row.start}+00:00")
        item.quantity = why.row.value
