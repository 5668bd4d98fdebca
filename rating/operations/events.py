"""Take usage from the API: up to ten thousand rows a call, one verdict per row."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from foundation.errors import Invalid
from foundation.permissions import require
from foundation.verdicts import visible
from rating.choices import FileFormat, FileState, PartState, Verdict
from rating.models import UsageFile, UsageFilePart, UsageSource
from rating.operations.drawing import draw_pending, hold_usage
from rating.operations.loading import mark_done
from rating.operations.merging import merge_parts
from rating.operations.outcome import Batch, Outcome
from rating.operations.storing import storable, store, suspend
from rating.operations.tools import make_tools
from rating.rules.reasons import NEXT_STEPS
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED, is_attribute
from rating.signals import usage_loaded

MOST_ROWS = 10_000
MOST_ATTRIBUTES = 50


@dataclass(frozen=True, slots=True)
class RowResult:
    """Say what became of one row of a call."""

    row: int
    event_key: str
    verdict: Verdict
    reason: str = ""
    column: str = ""
    message: str = ""
    value: str = ""
    next_step: str = ""


def load_events(
    *,
    source: UsageSource,
    rows: Sequence[Mapping[str, str]],
    request_id: str,
    received_at: datetime,
    actor: User | None = None,
) -> tuple[UsageFile, list[RowResult]]:
    """Load rows of text by column; return the file that stands for the call and a result a row.

    All rows are kept or none: what cannot be processed waits in suspense like a row of a file.
    The same event again is a DUPLICATE, whatever call brings it. `request_id` tells calls apart.
    Announces `usage_loaded`.

    Raises: Forbidden, Invalid.
    """
    require(actor, "rating.load_usage")
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid(f"a call carries 1 to {MOST_ROWS} rows", rule="ROWS")
    if not source.is_active:
        raise Invalid(f"source {source} is not active", rule="SOURCE")
    columns, lines = row_fields(rows)
    with transaction.atomic():
        file = _register(source, columns, len(rows), request_id, received_at, actor)
        part = UsageFilePart.objects.create(file=file, number=1, row_count=len(rows))
        outcome = _store(file, columns, lines)
        mark_done(part, outcome)
        _finish(file, part)
        transaction.on_commit(lambda: usage_loaded.send(sender=UsageFile, file_ids=[file.pk]))
    draw_pending()
    if source.part_terms is not None:
        transaction.on_commit(
            lambda: merge_parts(as_of=received_at, source_ids=[source.pk]), robust=True
        )
    return file, row_results(rows, outcome)


def _columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    names = {name for row in rows for name in row}
    known = set(REQUIRED + OPTIONAL)
    attributes = sorted(name for name in names if name.startswith(PREFIX))
    if unknown := sorted(name for name in names - known if not name.startswith(PREFIX)):
        raise Invalid(f"field {unknown[0][:60]!r} is not known", rule="HEADER")
    if wrong := [name for name in attributes if not is_attribute(name.removeprefix(PREFIX))]:
        raise Invalid(f"attribute {wrong[0][:60]!a} is not a lower-case name", rule="HEADER")
    if len(attributes) > MOST_ATTRIBUTES:
        raise Invalid(f"more than {MOST_ATTRIBUTES} attributes in one call", rule="HEADER")
    return [*REQUIRED, *OPTIONAL, *attributes]


def _register(
    source: UsageSource,
    columns: list[str],
    count: int,
    request_id: str,
    received_at: datetime,
    actor: User | None,
) -> UsageFile:
    return UsageFile.objects.create(
        source=source,
        name=f"API call {request_id}"[:255],
        sha256=hashlib.sha256(f"call:{request_id}".encode()).hexdigest(),
        format=FileFormat.API,
        state=FileState.LOADING,
        columns=columns,
        received_count=count,
        received_at=received_at,
        actor=actor,
    )


def row_fields(rows: Sequence[Mapping[str, str]]) -> tuple[list[str], Iterator[list[str]]]:
    """Return the columns of a call, and its rows as a reader takes them: number, then columns.

    Raises: Invalid.
    """
    columns = _columns(rows)
    return columns, (
        [str(number), *[row.get(name, "") for name in columns]]
        for number, row in enumerate(rows, 1)
    )


def _store(file: UsageFile, columns: list[str], lines: Iterator[list[str]]) -> Outcome:
    tools = make_tools(file.source, columns, file.received_at)
    batch = Batch(
        file.source_id, file.pk, file.received_at, tuple(columns), parts=file.source.part_terms
    )
    with connection.cursor() as cursor:
        hold_usage(cursor)
        outcome = store(
            cursor,
            batch=batch,
            reader=tools.reader,
            guides=tools.guides,
            rows=lines,
        )
        suspend(cursor, batch, outcome.refused)
    return outcome


def _finish(file: UsageFile, part: UsageFilePart) -> None:
    assert part.state == PartState.DONE
    file.loaded_count = part.loaded_count
    file.duplicate_count = part.duplicate_count
    file.suspended_count = part.suspended_count
    file.received_quantity = part.received_quantity
    file.loaded_quantity = part.loaded_quantity
    file.state, file.loaded_at = FileState.LOADED, file.received_at
    file.save()


def row_results(rows: Sequence[Mapping[str, str]], outcome: Outcome) -> list[RowResult]:
    """Return what became of each row of a call, in their order."""
    refused = {item.number: item for item in outcome.refused}
    found = []
    for number, row in enumerate(rows, 1):
        key = storable(row.get("event_key", "")[:128])
        if number in refused:
            item = refused[number]
            found.append(
                RowResult(
                    row=number,
                    event_key=key,
                    verdict=Verdict.SUSPENDED,
                    reason=item.reason.value,
                    column=item.column,
                    message=item.message,
                    value=visible(row.get(item.column, "")),
                    next_step=NEXT_STEPS[item.reason],
                )
            )
        elif number in outcome.duplicates:
            found.append(RowResult(number, key, Verdict.DUPLICATE))
        else:
            found.append(RowResult(number, key, Verdict.LOADED))
    return found
