"""Correct stored usage without deleting it: amend or cancel an event, take a file back.

What counts no more leaves the events and stands in suspense as it came, with who took it out and
why; sums follow in the same transaction, and what was billed is corrected on the next document
(CHG-3). The key stays claimed, so that the same row sent again is a duplicate (RATE step 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from audit import operations as audit_operations
from foundation import sql
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from rating.choices import FileState, SuspenseState
from rating.models import SuspenseItem, UsageEvent, UsageFile
from rating.operations.drawing import draw_pending
from rating.operations.storing import storable
from rating.operations.suspending import give_up, recycle
from rating.rules.reasons import Reason


class CannotCorrect(Refusal):
    """The event or file is not there any more, or its correction belongs nowhere."""

    rule = "RATE-9"


def cancel_event(
    *, account_id: int, event_id: int, reason: str, as_of: datetime, actor: User | None = None
) -> SuspenseItem:
    """Take one event back for ever, saying why; it stays on record as a row written off.

    Raises: Forbidden, Invalid, CannotCorrect.
    """
    require(actor, "rating.write_off_usage")
    with transaction.atomic():
        item = _take_event(account_id, event_id, reason)
        give_up([item], _why(reason), as_of, actor)
    draw_pending()
    item.refresh_from_db()
    return item


def amend_event(
    *,
    account_id: int,
    event_id: int,
    corrections: Mapping[str, str],
    reason: str,
    as_of: datetime,
    actor: User | None = None,
) -> SuspenseItem:
    """Put one event through the pipeline again with other values, by column.

    It counts as received `as_of`. The record keeps the event as it came, and what was changed.

    Raises: Forbidden, Invalid, CannotCorrect where the corrected event cannot be stored.
    """
    require(actor, "rating.recycle_suspense")
    if not corrections:
        raise Invalid("say what is to be another", rule="HEADER")
    if "event_key" in corrections:
        raise Invalid("an event keeps its key", rule="HEADER")
    with transaction.atomic():
        item = _take_event(account_id, event_id, reason)
        done = recycle(item_ids=[item.pk], corrections=corrections, as_of=as_of, actor=actor)
        item.refresh_from_db()
        if not done.stored:
            why = item.message if done.still_open else "another event has this content already"
            raise CannotCorrect(f"{item.column or 'the event'}: {why}")
    draw_pending()
    return item


def take_back_file(*, file_id: int, reason: str, actor: User | None = None) -> int:
    """Take all events of a loaded file back; return how many.

    They wait in suspense as TAKEN_BACK, to be recycled, corrected first or not, or written off.
    Reads every partition of events: no index leads from a file to them.

    Raises: Forbidden, Invalid, CannotCorrect.
    """
    require(actor, "rating.load_usage")
    file = UsageFile.objects.filter(pk=file_id, state=FileState.LOADED).first()
    if file is None:
        raise CannotCorrect("only a loaded file is taken back")
    with transaction.atomic():
        count = _take(file=file_id, reason=reason)
        if not count:
            raise CannotCorrect("none of its rows counts")
        audit_operations.record_event(
            topic="usage.taken_back",
            subject=file,
            payload={"events": count, "why": _why(reason)},
            actor=actor,
        )
    draw_pending()
    return count


def _take_event(account_id: int, event_id: int, reason: str) -> SuspenseItem:
    event = UsageEvent.objects.filter(account_id=account_id, id=event_id).first()
    if event is None or not _take(account=account_id, event=event_id, reason=reason):
        raise CannotCorrect("the event is not there any more")
    return SuspenseItem.objects.get(
        file_id=event.file_id, row_number=event.row_number, state=SuspenseState.OPEN
    )


def _take(
    *,
    reason: str,
    account: int | None = None,
    event: int | None = None,
    file: int | None = None,
) -> int:
    """Move events to suspense, take them off the sums, ask for draws; return how many."""
    advisory_lock("usage", "sums")
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "sum_stage_table")
        sql.run(
            cursor, "rating", "take_back", account=account, event=event, file=file,
            reason=Reason.TAKEN_BACK.value, message=_why(reason),
        )  # fmt: skip
        sql.run(cursor, "rating", "take_sums")
        sql.run(cursor, "rating", "request_draws")
        sql.run(cursor, "rating", "request_derivations")
        cursor.execute("SELECT coalesce(sum(event_count), 0) FROM rating_sum_stage")
        return int(cursor.fetchone()[0])


def _why(reason: str) -> str:
    why = storable(" ".join(reason.split()))[:300]
    if len(why) < 5:
        raise Invalid("say in a few words why", rule="REASON")
    return why
