"""Load usage: a file in parts, by one or several workers, resumed where it stopped.

Each part is one transaction that stores its rows and marks itself done, so a load that was killed
loses nothing and doubles nothing: whoever calls again takes the parts that are not done.
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.models import Sum as Total

from foundation.errors import Refusal
from foundation.permissions import require
from foundation.verdicts import BadFile, RowProblem
from rating.choices import FileState, PartState
from rating.models import SuspenseItem, UsageFile, UsageFilePart, UsageSource
from rating.operations.drawing import draw_pending, hold_usage
from rating.operations.merging import merge_parts
from rating.operations.outcome import Batch, Outcome
from rating.operations.receiving import (
    CannotLoadFile,
    Received,
    discard,
    keep,
    part_path,
    register,
)
from rating.operations.storing import split_lines, store, suspend
from rating.operations.tools import Tools, make_tools
from rating.queries.suspense import file_problems
from rating.signals import usage_loaded

Progress = Callable[[int, int], None]


class CannotFinishLoad(Refusal):
    """A worker stopped; what it finished is kept, and loading again continues."""

    rule = "LOAD"


@dataclass(slots=True)
class Rehearsal:
    """Say what loading a file would do, without doing it."""

    name: str
    received: int = 0
    loaded: int = 0
    duplicates: int = 0
    suspended: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)


def load_file(
    *,
    source: UsageSource,
    filename: str,
    content: bytes | Path,
    received_at: datetime,
    sequence: int | None = None,
    workers: int = 1,
    at_once: bool = False,
    actor: User | None = None,
    progress: Progress | None = None,
) -> UsageFile:
    """Load a usage file: every row ends stored, counted as duplicate, or in suspense (I-11).

    A second call with the same content is refused once the file is loaded, and continues a load
    that was interrupted. Several workers are processes of their own and need a committed
    database. `at_once` shows nothing of the file before its last row is stored, as a backfill
    wants it: one transaction, one worker. Announces `usage_loaded`.

    Raises: Forbidden, AlreadyLoaded, CannotLoadFile, CannotFinishLoad.
    """
    require(actor, "rating.load_usage")
    received = _received(source, filename, content)
    file = register(
        source=source,
        received=received,
        received_at=received_at,
        sequence=sequence,
        actor=actor,
    )
    if at_once:
        with transaction.atomic():
            return resume_file(file_id=file.pk, progress=progress)
    return resume_file(file_id=file.pk, workers=workers, progress=progress)


def _received(source: UsageSource, filename: str, content: bytes | Path) -> Received:
    if not source.is_active:
        raise CannotLoadFile(BadFile("SOURCE", f"source {source} is not active"))
    return keep(source=source, filename=filename, content=content)


def resume_file(*, file_id: int, workers: int = 1, progress: Progress | None = None) -> UsageFile:
    """Load the parts of a file that are not done, draw them from balances, close it (RATE step 8).

    Sessions that are whole by then are put together once it is committed (RATE step 4).

    A loaded file is left alone.

    Raises: CannotFinishLoad.
    """
    pending = UsageFilePart.objects.filter(file_id=file_id, state=PartState.PENDING).count()
    if workers > 1 and pending > 1:
        _in_processes(file_id, min(workers, pending))
    else:
        load_parts(file_id, progress)
    draw_pending()
    file = _close(file_id)
    if file.source.part_terms is not None:
        transaction.on_commit(
            lambda: merge_parts(as_of=file.received_at, source_ids=[file.source_id]), robust=True
        )
    return file


def resume_files(*, workers: int = 1) -> list[int]:
    """Finish every load that was interrupted; return the files."""
    found = list(
        UsageFile.objects.filter(state=FileState.LOADING)
        .order_by("id")
        .values_list("id", flat=True)
    )
    for file_id in found:
        resume_file(file_id=file_id, workers=workers)
    return found


def rehearse_file(
    *,
    source: UsageSource,
    filename: str,
    content: bytes | Path,
    received_at: datetime,
    actor: User | None = None,
) -> Rehearsal:
    """Do everything that loading would do and take it back; return what came out.

    Raises: Forbidden, AlreadyLoaded, CannotLoadFile.
    """
    require(actor, "rating.load_usage")
    verdict = Rehearsal(name=filename)
    received = _received(source, filename, content)
    with transaction.atomic():
        file = register(
            source=source, received=received, received_at=received_at, sequence=None, actor=actor
        )
        _note(verdict, resume_file(file_id=file.pk))
        transaction.set_rollback(True)
    discard(str(received.folder))
    return verdict


def _note(verdict: Rehearsal, file: UsageFile) -> None:
    verdict.received, verdict.loaded = file.received_count, file.loaded_count
    verdict.duplicates, verdict.suspended = file.duplicate_count, file.suspended_count
    items = SuspenseItem.objects.filter(file=file)
    for reason in items.values_list("reason", flat=True):
        verdict.by_reason[reason] = verdict.by_reason.get(reason, 0) + 1
    verdict.problems = file_problems(file.pk)


def load_parts(file_id: int, progress: Progress | None = None) -> None:
    """Load pending parts until none is left that nobody else holds."""
    file = UsageFile.objects.select_related("source").get(pk=file_id)
    tools = make_tools(file.source, file.columns, file.received_at)
    batch = Batch(
        file.source_id, file.pk, file.received_at, tuple(file.columns), is_fresh=True,
        parts=file.source.part_terms,
    )  # fmt: skip
    done = 0
    with collector_at_rest():
        while True:
            with transaction.atomic():
                part = (
                    UsageFilePart.objects.select_for_update(skip_locked=True)
                    .filter(file_id=file_id, state=PartState.PENDING)
                    .order_by("number")
                    .first()
                )
                if part is None:
                    return
                _load_part(batch, part, Path(file.path), tools)
            done += part.row_count
            if progress:
                progress(done, file.received_count)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the cyclic collector from walking millions of live rows again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load_part(batch: Batch, part: UsageFilePart, folder: Path, tools: Tools) -> None:
    text = part_path(folder, part.number).read_bytes().decode()
    with connection.cursor() as cursor:
        hold_usage(cursor)
        outcome = store(
            cursor, batch=batch, reader=tools.reader, guides=tools.guides, rows=split_lines(text)
        )
        suspend(cursor, batch, outcome.refused)
    mark_done(part, outcome)
    tools.guides.forget()


def mark_done(part: UsageFilePart, outcome: Outcome) -> None:
    """Mark a part as loaded with its counts."""
    part.state = PartState.DONE
    part.loaded_count = outcome.loaded
    part.duplicate_count = len(outcome.duplicates)
    part.suspended_count = len(outcome.refused)
    part.received_quantity = outcome.received_quantity
    part.loaded_quantity = outcome.loaded_quantity
    part.save()


def _close(file_id: int) -> UsageFile:
    """Add up the parts and make the totals final; the last worker to come does it."""
    with transaction.atomic():
        file = (
            UsageFile.objects.select_for_update(of=("self",))
            .select_related("source")
            .get(pk=file_id)
        )
        if file.state != FileState.LOADING:
            return file
        parts = file.parts.all()
        if parts.filter(state=PartState.PENDING).exists():
            raise CannotFinishLoad("some parts are not loaded yet; load the file again")
        totals = parts.aggregate(
            loaded_count=Total("loaded_count", default=0),
            duplicate_count=Total("duplicate_count", default=0),
            suspended_count=Total("suspended_count", default=0),
            received_quantity=Total("received_quantity", default=0),
            loaded_quantity=Total("loaded_quantity", default=0),
        )
        for name, value in totals.items():
            setattr(file, name, value)
        folder, file.path = file.path, ""
        file.state = FileState.LOADED
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            file.loaded_at = cursor.fetchone()[0]
        file.save()
        transaction.on_commit(lambda: _loaded(file_id, folder))
    return file


def _loaded(file_id: int, folder: str) -> None:
    discard(folder)
    usage_loaded.send(sender=UsageFile, file_ids=[file_id])


def _in_processes(file_id: int, workers: int) -> None:
    """Load with several processes; the database connection is not shared with them."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    started = [
        context.Process(target=_work, args=(file_id,), name=f"usage-{number}")
        for number in range(workers)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
    if any(process.exitcode for process in started):
        raise CannotFinishLoad("a worker stopped before the file was loaded; load it again")


def _work(file_id: int) -> None:
    try:
        load_parts(file_id)
    finally:
        connections.close_all()
